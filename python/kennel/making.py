"""From what somebody asks for to environments: `make`, `ids`."""
from __future__ import annotations

import difflib
import os
import pathlib
import re
import tempfile
import warnings
from typing import Any, Callable, Mapping

from . import _core
from .env import MAX_SEED, Env, whole
from .own_terms import OwnEnv, checked_functions

_KEY = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+")
_EDITS = ("feet_only", "pyramidal", "add_servos", "add_floor", "bare_base", "kp", "kd")


def _short(robot: str) -> str:
    return re.sub(r"_v\d+$", "", robot)


def ids() -> dict[str, dict[str, str]]:
    """What `make` knows by a short name, each with the arguments that it stands for.

    ROBOT is its first task, ROBOT-TASK another one; ROBOT-flat is walking on a plane, the first
    task of all. A task without a robot has its own name.
    """
    known: dict[str, dict[str, str]] = {}
    tasks = _core.robot_tasks()
    for robot in _core.robots():
        for name in dict.fromkeys((_short(robot), robot)):
            known[name] = {"robot": robot, "task": tasks[0]}
            known[f"{name}-flat"] = {"robot": robot, "task": tasks[0]}
            for task in tasks:
                known[f"{name}-{task}"] = {"robot": robot, "task": task}
    for task in _core.small_tasks():
        known[task] = {"task": task}
    return known


def _named(id: str) -> dict[str, str]:
    known = ids()
    if id in known:
        return known[id]
    near = difflib.get_close_matches(id, known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}? " if near else ""
    raise _core.Error(f'no environment named "{id}"; {hint}there are: {", ".join(known)}')


def _literal(key: str, value: Any) -> str:
    """A value as a recipe writes it."""
    if hasattr(value, "tolist"):  # numpy's and torch's numbers and arrays
        value = value.tolist()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        if any(ord(c) < 32 or ord(c) == 127 for c in value):
            raise _core.Error(f"overrides[{key!r}] = {value!r}: expected a string in one line")
        return f'"{escaped}"'
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_literal(key, item) for item in value) + "]"
    raise TypeError(
        f"overrides[{key!r}] is a {type(value).__name__}; expected a number, bool, string or a list of them"
    )


def _lines(overrides: Mapping[str, Any] | None) -> str:
    """Overrides as TOML, a line a key."""
    lines = []
    for key, value in (overrides or {}).items():
        if not isinstance(key, str):
            raise TypeError(f"overrides: the key {key!r} is a {type(key).__name__}; expected a string")
        if not _KEY.fullmatch(key):
            raise _core.Error(
                f'overrides: "{key}" is no key of a recipe; expected one like env.randomization.friction'
            )
        lines.append(f"{key} = {_literal(key, value)}\n")
    return "".join(lines)


def _check_device(device: Any) -> None:
    name = str(device)
    if name in ("cpu", "auto"):
        return
    if re.fullmatch(r"cuda(:\d+)?", name):
        raise RuntimeError(f'device "{name}": this package steps environments on the CPU alone; use device="cpu"')
    raise _core.Error(f'device "{name}" is unknown; expected cpu, cuda, cuda:N or auto')


def _over(backend: str, env: Env, num_threads: int) -> Any:
    """The environments, or what backend="mujoco" makes of their sizes and recipe."""
    if backend == "kennel":
        return env
    from . import mujoco_env

    with env:
        return mujoco_env.Env(env, num_threads=num_threads, output=env.output)


def _env(made: tuple, own: Mapping[str, Callable], **as_env: Any) -> Env:
    return OwnEnv(*made, own=own, **as_env) if own else Env(*made, **as_env)


def make(
    id: str | None = None,
    num_envs: int | None = None,
    *,
    robot: str | None = None,
    task: str | None = None,
    recipe: str | None = None,
    config: str | os.PathLike | None = None,
    model: str | os.PathLike | None = None,
    edits: Mapping[str, Any] | None = None,
    overrides: Mapping[str, Any] | None = None,
    seed: int | None = None,
    device: str = "cpu",
    num_threads: int = 0,
    output: str = "numpy",
    backend: str = "kennel",
    reward: Callable | None = None,
    extra_reward: Callable | None = None,
    extra_obs: Callable | None = None,
    curriculum: Callable | None = None,
) -> Env:
    """Environments of a robot, a task and a recipe. Everything but `id` is as the flags of `kennel train`.

    Args:
      id: a short name of `ids()`, for instance "pupper-flat"; robot and task may be given instead.
      num_envs: side by side; None: as the recipe has it.
      robot: one that ships. task: what it is to do, or a small task without a robot.
      recipe: one that ships, by name ("fast"). config: a recipe of your own, a TOML file.
      model: MJCF or URDF of any quadruped; its recipe is scaled to it.
      edits: what changes the model: {"feet_only": True, "kp": 20.0, ...}, the switches of the program.
      overrides: keys of the recipe, {"env.randomization.friction": [0.3, 1.6]}.
      seed: of everything random; None: as the recipe has it. Same seed, same bits.
      device: "cpu". num_threads: of the simulator, 0: one a core; results do not depend on it.
      output: what arrays are: "numpy", or "torch" tensors of the same memory.
      backend: "kennel", or "mujoco": the walking task a second time, over MuJoCo's batch interface,
        for comparison; a `kennel.mujoco_env.Env`, with the same class interface.
      reward: function(env, now) -> (num_envs,) float32, instead of the native reward. `now` has what the step
        led to by name, before any reset or new command (own_terms.Moment); `env.state` has more, and is after them.
      extra_reward: likewise, added to the reward.
      extra_obs: function(env, now) -> (num_envs, n) float32, n columns after those of obs and privileged_obs.
        Where something ended it is called twice, for final_obs before.
      curriculum: function(env, began), after each reset and step, which may write into env.state, env.params and
        env.progress; began is (num_envs,) bool, whose episode begins. It takes effect with the next step.

    Raises:
      kennel.Error (a ValueError): a name, key or number that does not fit, with the nearest one.
      TypeError: an argument of another type. RuntimeError: a device that cannot be had.
    """
    for name, value in (("id", id), ("robot", robot), ("task", task), ("recipe", recipe)):
        if value is not None and not isinstance(value, str):
            raise TypeError(f"{name} is a {type(value).__name__}; expected a name, or None")
    own = checked_functions({"reward": reward, "extra_reward": extra_reward, "extra_obs": extra_obs, "curriculum": curriculum})
    for name, value in (("overrides", overrides), ("edits", edits)):
        if value is not None and not isinstance(value, Mapping):
            raise TypeError(f"{name} is a {type(value).__name__}; expected a dictionary")
    if output not in ("numpy", "torch"):
        raise _core.Error(f'output = "{output}" is unknown; expected numpy or torch')
    if backend not in ("kennel", "mujoco"):
        raise _core.Error(f'backend = "{backend}" is unknown; expected kennel or mujoco')
    if own and backend != "kennel":
        raise _core.Error(f'{", ".join(own)}: functions of one\'s own are for backend="kennel"; backend="{backend}" is the recipe as it stands')
    _check_device(device)
    chosen = _named(id) if id is not None else {}
    for name, value in (("robot", robot), ("task", task)):
        if value is not None and name in chosen and chosen[name] != value:
            raise _core.Error(f'{name} = "{value}", and "{id}" is of {chosen[name]}; give one of the two')
    asked = {
        "robot": robot or chosen.get("robot", ""),
        "task": task or chosen.get("task", ""),
        "recipe": recipe or "",
        "config": os.fspath(config) if config is not None else "",
        "overrides": _lines(overrides),
        "num_envs": whole("num_envs", num_envs, 1, 1 << 22),
        "seed": whole("seed", seed, 0, MAX_SEED),
        "num_threads": whole("num_threads", num_threads, 0, 1 << 16),
    }
    for key in edits or {}:
        if key not in _EDITS:
            near = difflib.get_close_matches(str(key), _EDITS, n=1)
            hint = f"did you mean {near[0]}?" if near else f'there are: {", ".join(_EDITS)}'
            raise _core.Error(f'edits: "{key}" is unknown; {hint}')
        expected = (int, float) if key in ("kp", "kd") else (bool,)
        if not isinstance(edits[key], expected):
            raise TypeError(f"edits[{key!r}] = {edits[key]!r}; expected a {expected[-1].__name__}")
    if model is None:
        if edits:
            raise _core.Error("edits change a model: name it with model=")
        return _over(backend, _env(_core.make(**asked), own, output=output), asked["num_threads"])
    with tempfile.TemporaryDirectory(prefix="kennel-") as folder:
        # A shipped robot's name says that the model is that robot's; otherwise it is its own.
        file = pathlib.Path(folder) / "robot.xml"
        for line in _core.edit_model(os.fspath(model), file, **(edits or {})):
            warnings.warn(line, stacklevel=2)
        asked["robot"] = robot or ""
        made = _core.make(model=file, **asked)
        env = _env(made, own, output=output, model=(os.path.abspath(model), dict(edits or {})))
        return _over(backend, env, asked["num_threads"])
