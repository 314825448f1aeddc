"""`train`: the native learner, as `kennel train` runs it."""
from __future__ import annotations

import os
from typing import Any, Callable, Mapping

from . import _core, native
from .env import MAX_SEED, whole
from .making import _lines


def train(
    task: str | None = None,
    *,
    robot: str | None = None,
    recipe: str | None = None,
    config: str | os.PathLike | None = None,
    model: str | os.PathLike | None = None,
    algorithm: str | None = None,
    overrides: Mapping[str, Any] | None = None,
    out: str | os.PathLike | None = None,
    resume: str | os.PathLike | None = None,
    force: bool = False,
    steps: int | None = None,
    minutes: float | None = None,
    seed: int | None = None,
    num_envs: int | None = None,
    num_threads: int = 0,
    callback: Callable[[dict[str, Any]], Any] | None = None,
) -> dict[str, Any]:
    """Trains a policy on the CPU, exports and judges it. Arguments are as the flags of `kennel train`.

        kennel.train("lqr", steps=1_000_000, callback=lambda now: print(now["steps"], now["reward"]))

    Args:
      task, robot, recipe, config, model, algorithm: None: as the recipe has it.
      overrides: keys of the recipe, {"ppo.gamma": 0.97, "train.judge_episodes": 0}.
      out: run folder to create, None: a new one below runs/. force: replace it. resume: a run to go on with.
      steps: of all environments together. minutes: stop after this time at the latest.
      seed: same seed, same bits as the command's. num_threads: of the simulator, 0: one a core.
      callback: called after each iteration with its statistics: "steps", "progress" from 0 to 1, "reward" a
        control step, and the columns of metrics.csv. When it returns False the training ends as if its steps were
        spent. What it raises ends the training with a checkpoint, without judgement, and is raised here.

    Returns "run", its folder; "steps"; "stats", those of the last iteration, empty where there was none to do;
    "complaint", in words where the policy is not what its steps promise, else "".

    Raises:
      kennel.Error: a name, key or number that does not fit. ImportError: torch is needed and not there.
      KeyboardInterrupt: at Ctrl-C, after the iteration, with a checkpoint kept; `resume` goes on from it.
    """
    names = {"task": task, "robot": robot, "recipe": recipe, "algorithm": algorithm}
    for name, value in names.items():
        if value is not None and not isinstance(value, str):
            raise TypeError(f"{name} is a {type(value).__name__}; expected a name, or None")
    if overrides is not None and not isinstance(overrides, Mapping):
        raise TypeError(f"overrides is a {type(overrides).__name__}; expected a dictionary")
    if callback is not None and not callable(callback):
        raise TypeError(f"callback is a {type(callback).__name__}; expected a function of a dictionary")
    if minutes is not None and not 0.0 <= minutes <= 1e9:
        raise _core.Error(f"minutes = {minutes}; expected 0 to 1e9")
    starts = {**names, "config": config, "model": model, "overrides": overrides, "out": out, "seed": seed, "num_envs": num_envs}
    given = [name for name, value in starts.items() if value is not None] + (["force"] if force else [])
    if resume is not None and given:
        raise _core.Error(f'resume goes on with a run\'s own recipe and seed; leave {", ".join(given)} out')
    last: dict[str, Any] = {}

    def told(stats: dict[str, Any]) -> Any:
        last.clear()
        last.update(stats)
        return callback(stats) if callback is not None else None

    result = native.module().train(
        told,
        **{name: value or "" for name, value in names.items()},
        config=os.fspath(config) if config is not None else "",
        model=os.fspath(model) if model is not None else "",
        overrides=_lines(overrides),
        out=os.fspath(out) if out is not None else "",
        resume=os.fspath(resume) if resume is not None else "",
        force=bool(force),
        steps=whole("steps", steps, 1, 10**15),
        minutes=minutes,
        seed=whole("seed", seed, 0, MAX_SEED),
        num_envs=whole("num_envs", num_envs, 1, 1 << 22),
        num_threads=whole("num_threads", num_threads, 0, 1 << 16),
    )
    return {**result, "stats": last}
