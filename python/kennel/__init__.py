"""Kennel: thousands of quadrupeds side by side, MuJoCo's physics, on the CPU's vectors.

    import kennel
    env = kennel.make("pupper-flat", num_envs=1024, seed=1)
    obs, privileged_obs = env.reset()
    obs, privileged_obs, reward, terminated, truncated, info = env.step(actions)

What is what:

  make           a robot, a task and a recipe, by the words of `kennel train`, as an `Env`
  Env            the batch: reset, step, named state and parameters, clocks, terms
  ids            what `make` knows by a short name
  load_policy    a policy file or a run, as a function of observations; `export` writes it for other software
  judge          what a policy is worth, by the protocol of `kennel eval`
  train          the native learner, and `report`, the page of a run; these need torch
  save_policy    a network of your own as the file that the judge and the robot load
  gymnasium      Gymnasium's Env and VectorEnv        sb3       Stable-Baselines3's VecEnv
  rsl_rl         rsl_rl's VecEnv                      isaaclab  what skrl and others wrap
  view           robots in a browser: `kennel.view(run)`, or `python -m kennel.view RUN`

Nothing else here needs torch. `kennel.Error` is a ValueError: a recipe, a name or a number
that does not fit, in one line.
"""
from __future__ import annotations

import ctypes as _ctypes
import importlib as _importlib
import importlib.util as _util
import pathlib as _pathlib
import sys as _sys


def _load_mujoco() -> None:
    """Loads libmujoco from its own package, wherever that lies, without importing it."""
    found = _util.find_spec("mujoco")
    if found is None or not found.submodule_search_locations:
        raise ImportError("kennel needs MuJoCo's library; try: pip install mujoco==4.0.0")
    for folder in found.submodule_search_locations:
        for library in sorted(_pathlib.Path(folder).glob("libmujoco.so.*")):
            _ctypes.CDLL(str(library))
            return


_load_mujoco()

from ._core import Error  # noqa: E402
from .env import Env, Field, Term  # noqa: E402
from .judging import judge, report  # noqa: E402
from .making import ids, make  # noqa: E402
from .policy import Policy, export, load_policy  # noqa: E402
from .training import train  # noqa: E402
from .policy_file import save_policy  # noqa: E402


def __getattr__(name: str):
    """Adapters, whose libraries are imported when they are asked for."""
    if name in ("gymnasium", "isaaclab", "rsl_rl", "sb3", "view"):
        return _importlib.import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


if hasattr(_sys.modules.get("gymnasium"), "register"):  # gymnasium.make("kennel:kennel/Pupper-v0") imports this
    from . import gymnasium as _gymnasium  # noqa: F401

__all__ = ["Env", "Error", "Field", "Policy", "Term", "export", "ids", "judge", "load_policy", "make", "report", "save_policy", "train"]
__version__ = "0.1.0"
