"""Where the files of shipped robots are."""
from __future__ import annotations

import pathlib

_HERE = pathlib.Path(__file__)


def mjcf(robot: str) -> pathlib.Path | None:
    """A shipped robot's MJCF: beside an installed package, else in the sources that a build links. None: it does not ship."""
    for envs in (_HERE.parent / "envs", _HERE.resolve().parents[2] / "envs"):
        file = envs / robot / f"{robot}.xml"
        if robot and file.exists():
            return file
    return None
