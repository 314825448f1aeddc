"""What is to be shown: from a run, a policy file or an environment."""
from __future__ import annotations

import dataclasses
import os
import pathlib
import tomllib
from typing import Any, Callable

import numpy as np

from .. import making, shipped
from .._core import Error
from ..env import Env
from ..policy import Policy, load_policy
from .checkpoints import Checkpoints

# Overrides of environments whose commands and pushes are the page's, for `kennel.make`.
STEADY = {
    "env.command.change_probability": 0.0,
    "env.command.change_at_push": 0.0,
    "env.randomization.push_velocity": [0.0, 0.0],
    "env.episode_seconds": 1000.0,
}


@dataclasses.dataclass
class Source:
    """Environments, what drives them and what they look like."""

    env: Env
    policy: Callable[[Any], Any] | None  # None: actions are zero
    model: pathlib.Path  # MJCF
    title: str
    checkpoints: Checkpoints | None = None  # of a run
    checkpoint: str = ""  # the one that is shown at first
    owned: bool = True  # whether the environments end with the view

    @property
    def recipe(self) -> dict[str, Any]:
        return tomllib.loads(self.env.recipe)

    def close(self) -> None:
        if self.owned:
            self.env.close()


def source_of(
    what: Any, *, policy: Any, num_envs: int, randomised: bool, checkpoint: str | int, model: str | os.PathLike | None, seed: int
) -> Source:
    """Raises kennel.Error for what cannot be shown, in one line."""
    drawn = pathlib.Path(model) if model is not None else None
    if isinstance(what, Env):
        return _of_env(what, policy, drawn)
    what = getattr(what, "path", what)  # a policy says where it is from
    if not isinstance(what, (str, os.PathLike)):
        raise Error(f"view takes a run's folder, a policy, its file, or a kennel.Env, got a {type(what).__name__}")
    if policy is not None:
        raise Error("policy= is for an environment; a run and a policy's file have their own")
    path = pathlib.Path(what)
    overrides = dict(STEADY) if randomised else {**STEADY, "env.randomization.nominal_fraction": 1.0}
    asked = {"num_envs": num_envs, "seed": seed, "num_threads": 1}
    if path.is_dir():
        return _of_run(path, str(checkpoint), overrides, asked, drawn)
    if not path.exists():
        raise Error(f"no run or policy {path}; check the path, or start a run with kennel train --out {path}")
    return _of_policy(path, overrides, asked, drawn)


def _of_env(env: Env, policy: Any, model: pathlib.Path | None) -> Source:
    if "base_position" not in env.state:
        raise Error(f"{env.task} has no robot to show; expected environments of a robot, for instance kennel.make('pupper')")
    if isinstance(policy, (str, os.PathLike)):
        policy = load_policy(policy)
    if isinstance(policy, Policy):
        check_fits(policy, env, "policy")
    robot = tomllib.loads(env.recipe)["robot"]
    return Source(env, policy, model or _shipped(robot["name"]), env.robot, owned=False)


def _of_run(run: pathlib.Path, checkpoint: str, overrides: dict, asked: dict, model: pathlib.Path | None) -> Source:
    if not (run / "format").exists():
        raise Error(f"{run} is no run's folder (it has no file 'format'); give the folder that kennel train wrote")
    recipe = tomllib.loads((run / "config.toml").read_text())
    if "robot" not in recipe or "command" not in recipe.get("env", {}):
        raise Error(f"{run} has no robot to show; kennel eval {run} prints its return")
    checkpoints = Checkpoints(run)
    policy = checkpoints.load(checkpoint)
    own = run / "robot.xml"
    env = making.make(config=run / "config.toml", overrides=overrides, **asked)
    return Source(env, policy, model or (own if own.exists() else _shipped(recipe["robot"]["name"])),
                  run.resolve().name, checkpoints, checkpoint)


def _of_policy(path: pathlib.Path, overrides: dict, asked: dict, model: pathlib.Path | None) -> Source:
    policy = load_policy(path)
    contract = policy.contract
    if not policy.robot:
        raise Error(f"{path} is a policy of {policy.task}, which has no robot to show")
    drawn = model or _shipped(policy.robot)
    overrides["env.history"] = contract["observation_history"]
    overrides["env.decimation"] = round(policy.control_dt / contract["physics_dt"])
    scale = np.unique(contract["action_scale"])
    if len(scale) == 1:
        overrides["env.action_scale"] = float(scale[0])
    chosen = {"model": model} if model is not None else {"robot": policy.robot}
    env = making.make(task=policy.task, overrides=overrides, **chosen, **asked)
    try:
        check_fits(policy, env, str(path))
    except Error:
        env.close()
        raise
    return Source(env, policy, drawn, path.stem)


def check_fits(policy: Policy, env: Env, name: str) -> None:
    sizes = (policy.obs_size, policy.num_actions)
    if sizes != (env.obs_size, env.num_actions):
        raise Error(f"{name}: {sizes[0]} numbers to {sizes[1]}, and the environments have {env.obs_size} to {env.num_actions}; give its run's folder")
    terms = [(term["name"], term["size"]) for term in policy.contract["observation"]]
    own = [(term.name, term.size) for term in env.obs_terms[: len(terms)]]
    if terms != own:
        raise Error(f"{name}: sees {terms}, and the environments show {own}; give its run's folder")


def _shipped(robot: str) -> pathlib.Path:
    file = shipped.mjcf(robot)
    if file is None:
        raise Error(f'the robot "{robot}" does not ship with Kennel; name what is to be drawn: model=ROBOT.xml')
    return file
