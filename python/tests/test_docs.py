"""The documentation says what is true: pages build, links lead somewhere, blocks run, commands and flags exist."""
import copy
import functools
import importlib
import importlib.util
import os
import pathlib
import re
import shlex
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("KENNEL_PROGRAM") or ROOT / "build" / "bin" / "kennel")
PAGES = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "python" / "README.md"]
LAUNCHER = {"test", "build", "setup", "clean"}  # commands of ./kennel alone

needs_program = pytest.mark.skipif(not PROGRAM.is_file(), reason=f"no program at {PROGRAM}; build it, or set KENNEL_PROGRAM")


def blocks(page: pathlib.Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL)


def names(page: pathlib.Path) -> str:
    return page.relative_to(ROOT).as_posix()


def test_there_are_pages_with_blocks():
    assert len(PAGES) >= 8
    assert sum(len(blocks(page, "python")) for page in PAGES) >= 5
    assert sum(len(blocks(page, "sh")) for page in PAGES) >= 5


@needs_program
def test_site_builds_without_a_warning(tmp_path):
    if importlib.util.find_spec("mkdocs") is None or importlib.util.find_spec("material") is None:
        pytest.skip("mkdocs-material is not installed")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", str(ROOT / "mkdocs.yml"), "-d", str(tmp_path / "site")],
        capture_output=True, text=True, env={**os.environ, "KENNEL_PROGRAM": str(PROGRAM), "NO_MKDOCS_2_WARNING": "1"},
    )
    assert built.returncode == 0, built.stderr
    made = (tmp_path / "site" / "methods.html").read_text()
    assert "generated:" not in made and "theta" in made
    for page in (tmp_path / "site").rglob("*.html"):
        if page.name == "404.html":
            continue
        for target in re.findall(r'(?:href|src)="([^"#?:]+)[^":]*"', page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_files_that_are_named_exist(page):
    """`src/...` and the like, and links."""
    text = page.read_text()
    for name in re.findall(r"`((?:src|include|envs|kernels|bench|tests|docs|python|examples)/[\w./-]+)`", text):
        if "NAME" not in name:
            assert (ROOT / name).exists() or (page.parent / name).exists(), name
    for target in re.findall(r"\]\((?!https?:)([^)#]+)[^)]*\)", text):
        assert (page.parent / target).exists(), target


def small(code: str) -> str:
    """The same with a budget for tests."""
    code = re.sub(r"num_envs=\d+", "num_envs=8", code)
    code = re.sub(r"steps=[\d_]+, seed", "num_envs=64, steps=1536, seed", code)
    code = re.sub(r"episodes=\d+", "episodes=2", code)
    return re.sub(r"learn\(300", "learn(1", code)


PYTHON = [(page, number, code) for page in PAGES for number, code in enumerate(blocks(page, "python"))]


@pytest.mark.parametrize("page, number, code", PYTHON, ids=[f"{names(page)}-{number}" for page, number, _ in PYTHON])
def test_python_runs(page, number, code, tmp_path, monkeypatch):
    for library in re.findall(r"^(?:import|from) (\w+)", code, re.MULTILINE):
        pytest.importorskip(library)
    if "kennel.rsl_rl" in code or "kennel.isaaclab" in code:
        pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    if "kennel.train(" in code and importlib.util.find_spec("kennel._train") is None:
        pytest.skip("this build has no native learner")
    if "kennel.view(" in code:
        pytest.skip("serves a page until Ctrl-C; test_view.py does so")
    known = {"__name__": "docs"}
    if "train_cfg" in code:
        known["train_cfg"] = copy.deepcopy(importlib.import_module("test_rsl_rl").CONFIG)
    exec(compile(small(code), f"{names(page)}, block {number}", "exec"), known)


@functools.cache
def help_of(command: tuple[str, ...]) -> str:
    asked = subprocess.run([PROGRAM, *command, "--help"], capture_output=True, text=True)
    assert asked.returncode == 0, f"{' '.join(command)}: {asked.stderr}"
    return asked.stdout


def commands(page: pathlib.Path) -> list[list[str]]:
    """Words of each line that calls ./kennel, without its comment."""
    lines = [line for block in blocks(page, "sh") for line in block.splitlines() if line.startswith("./kennel ")]
    return [shlex.split(line, comments=True)[1:] for line in lines]


@needs_program
@pytest.mark.parametrize("page", [ROOT / "README.md", *[page for page in PAGES if commands(page)]], ids=names)
def test_commands_and_flags_exist(page):
    for words in commands(page):
        if words[0] in LAUNCHER:
            continue
        command = tuple(words[:2]) if words[:2] == ["bench", "walk"] else tuple(words[:1])
        known = set(re.findall(r"(?<![\w-])(--?[a-z][a-z-]*)", help_of(command)))
        for word in words[len(command):]:
            if re.match(r"--?[a-z]", word):
                assert word.split("=")[0] in known, f"kennel {' '.join(words)}: {word}"
