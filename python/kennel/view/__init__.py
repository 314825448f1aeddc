"""Robots in a browser: `kennel.view(run)`, or `python -m kennel.view RUN`.

  show         what the module itself is when it is called
  viewer       the server and its loop: the one thread that touches the environment
  source       from a run, a policy file or an environment to what is shown
  checkpoints  a run's checkpoints as policies, and whether there are new ones
  simulation   environments under one command, and what they did lately
  scene        robots in 3D      controls  sliders, buttons and keys      plots  curves

The page, its server and its drawing are viser's and mjviser's: pip install viser mjviser.
"""
from __future__ import annotations

import sys
import types
from typing import Any

from .show import show
from .source import STEADY

__all__ = ["STEADY", "show"]


class _View(types.ModuleType):
    """This module, which is called as a function as well: `kennel.view(run)`."""

    def __call__(self, what: Any, **options: Any) -> Any:
        return show(what, **options)


_View.__call__.__doc__ = show.__doc__
sys.modules[__name__].__class__ = _View
