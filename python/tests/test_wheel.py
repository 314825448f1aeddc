"""What a wheel is made of, without building one: the files that a portable build installs, and one version everywhere."""
import importlib.util
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tomllib

import pytest

import kennel

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOLS = os.pathsep.join([str(pathlib.Path(sys.executable).parent), os.environ.get("PATH", "")])


def cmake() -> str:
    found = shutil.which("cmake", path=TOOLS)
    if found is None or shutil.which("ninja", path=TOOLS) is None:
        pytest.skip("cmake or ninja is not installed")
    version = re.search(r"(\d+)\.(\d+)", subprocess.run([found, "--version"], capture_output=True, text=True).stdout)
    if (int(version[1]), int(version[2])) < (3, 28):
        pytest.skip(f"cmake {version[0]} is older than 3.28")
    return found


@pytest.mark.skipif(not (ROOT / "CMakeLists.txt").is_file(), reason="not in the checkout")
@pytest.mark.skipif(importlib.util.find_spec("nanobind") is None, reason="nanobind is not installed")
@pytest.mark.parametrize("torch", ["OFF", "ON"])
def test_a_portable_build_installs_all_that_the_module_needs(torch, tmp_path):
    if torch == "ON" and not kennel._core.built_for_torch:
        pytest.skip("this build is without LibTorch")
    configured = subprocess.run(
        [cmake(), "-G", "Ninja", "-S", str(ROOT), "-B", str(tmp_path), f"-DKENNEL_PYTHON={sys.executable}", "-DKENNEL_NATIVE=OFF",
         f"-DKENNEL_TORCH={torch}", "-DKENNEL_PYTHON_PACKAGE=ON", "-DBUILD_TESTING=OFF"],
        capture_output=True, text=True, env={**os.environ, "PATH": TOOLS},
    )
    assert configured.returncode == 0, configured.stderr
    installed = (tmp_path / "python" / "cmake_install.cmake").read_text()
    expected = ["_core.abi3.so", "_core.pyi", "py.typed", "/envs/"]
    if torch == "ON":
        expected += ["_train.abi3.so", "/src/report/page/"]
    if platform.machine() == "x86_64":
        expected += ["/bin/libkennel_lanes.so", "/glibc-hwcaps/x86-64-v4/libkennel_lanes.so"]
    for name in expected:
        assert name in installed, name


@pytest.mark.skipif(not (ROOT / "pyproject.toml").is_file(), reason="not in the checkout")
def test_the_version_is_one():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert kennel.__version__ == version
    assert re.search(rf"project\(kennel VERSION {re.escape(version)} ", (ROOT / "CMakeLists.txt").read_text())
    assert re.search(rf"^version: {re.escape(version)}$", (ROOT / "CITATION.cff").read_text(), re.MULTILINE)
