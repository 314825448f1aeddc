"""A run's checkpoints as policies. The program exports them, whose format is its own."""
from __future__ import annotations

import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from .._core import Error
from ..policy import Policy, load_policy


def program() -> str | None:
    """The `kennel` program: KENNEL_PROGRAM, this checkout's, or the one of the PATH."""
    named = os.environ.get("KENNEL_PROGRAM")
    if named:
        return named
    # python/kennel/view/checkpoints.py, which the build folder links.
    built = pathlib.Path(__file__).resolve().parents[3] / "build" / "bin" / "kennel"
    return str(built) if built.exists() else shutil.which("kennel")


class Checkpoints:
    """What a run's folder holds, now and while training goes on.

    A checkpoint is named "newest", "best" or by its number of steps.
    """

    def __init__(self, run: pathlib.Path):
        self.run = run

    def steps(self) -> list[int]:
        """Of the checkpoints that are there, rising; the oldest are removed as new ones come."""
        names = (re.fullmatch(r"step_(\d+)\.ckpt", file.name) for file in (self.run / "checkpoints").glob("step_*"))
        return sorted(int(name[1]) for name in names if name)

    def choices(self) -> list[str]:
        """Names, for a list to choose from."""
        best = ["best"] if (self.run / "checkpoints" / "best.ckpt").exists() else []
        return ["newest", *best, *(str(steps) for steps in reversed(self.steps()))]

    def version(self, name: str) -> tuple:
        """Another one when the named checkpoint is another, as "newest" is after each new one."""
        file = {"newest": "last.ckpt", "best": "best.ckpt"}.get(name)
        found = []
        for path in (self.run / "checkpoints" / (file or f"step_{name.zfill(9)}.ckpt"), self.run / "policy.json"):
            try:
                at = path.stat()
                found.append((at.st_ino, at.st_mtime_ns))
            except OSError:  # not there, not yet, or being replaced just now
                found.append(None)
        return tuple(found if name == "newest" else found[:1])

    def load(self, name: str) -> Policy:
        """The named checkpoint's policy.

        Raises:
          kennel.Error: none of this name, or no program to export it, in one line.
        """
        finished = self.run / "policy.json"
        kennel = program()
        if kennel is None:
            if name != "newest" or not finished.exists():
                raise Error(f"{self.run}: the program that exports its checkpoints was not found; set KENNEL_PROGRAM to build/bin/kennel")
            return load_policy(finished)
        if not self.steps():
            raise Error(f"{self.run} has no checkpoint yet; wait for the first, or see kennel train --resume {self.run}")
        with tempfile.TemporaryDirectory(prefix="kennel-") as folder:
            out = pathlib.Path(folder) / "policy.json"
            asked = "last" if name == "newest" else name
            done = subprocess.run(
                [kennel, "export", str(self.run), "--checkpoint", asked, "-o", str(out)], capture_output=True, text=True, check=False)
            if done.returncode:
                raise Error((done.stderr.strip().splitlines() or [f"{kennel} export failed"])[-1].removeprefix("kennel: "))
            return load_policy(out)
