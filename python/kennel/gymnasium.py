"""Gymnasium: `VectorEnv`, many environments in one, and `Env`, a single one. Importing this registers them.

    import gymnasium, kennel.gymnasium
    envs = gymnasium.make_vec("kennel/Pupper-v0", num_envs=1024, recipe="fast")
    env = gymnasium.make("kennel/PupperPose-v0")

or, without the import, "kennel:kennel/Pupper-v0". Keywords are those of `kennel.make`. The critic's
observation is in the infos as "privileged_obs". A change of command within an episode ends nothing:
infos["command_changed"] says where one came.
"""
from __future__ import annotations

import re
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space

from .env import Env as _Batch
from .making import ids, make


def _box(low: float, high: float, size: int) -> gymnasium.spaces.Box:
    return gymnasium.spaces.Box(low, high, (size,), np.float32)


def _spaces(env: _Batch) -> tuple[gymnasium.spaces.Box, gymnasium.spaces.Box]:
    """Of observations, which noise takes beyond any bounds, and actions."""
    return _box(-np.inf, np.inf, env.obs_size), _box(env.action_low, env.action_high, env.num_actions)


class VectorEnv(gymnasium.vector.VectorEnv):
    """A batch. Arrays are the simulator's memory, two of each kind in turn: copy what you keep longer.

    Args:
      id: as `kennel.make` has it. num_envs: side by side.
      autoreset_mode: "SameStep", as the simulator does it: an ended episode's row is the next one's
        first observation, and infos["final_obs"] (num_envs, obs_size) holds the last one's where
        infos["_final_obs"] is True. "NextStep": the row is the last observation, and the step after
        it ignores the action, pays 0 and returns the next episode's first. "Disabled": the caller
        resets with options={"reset_mask": mask}.
      others: as `kennel.make` has them.
    """

    def __init__(
        self,
        id: str = "pupper",
        num_envs: int | None = None,
        *,
        autoreset_mode: str | AutoresetMode = AutoresetMode.SAME_STEP,
        render_mode: None = None,
        **others: Any,
    ):
        self._mode = AutoresetMode(autoreset_mode)
        self.env = make(id, num_envs, output="numpy", **others)
        self.num_envs = self.env.num_envs
        self.render_mode = render_mode
        self.metadata = {"render_modes": [], "autoreset_mode": self._mode, "render_fps": round(1 / self.env.control_dt)}
        self.single_observation_space, self.single_action_space = _spaces(self.env)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self._all = np.ones(self.num_envs, bool)
        self._ended = np.zeros(self.num_envs, bool)  # in the last step, for NEXT_STEP

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None):
        """Begins anew. One seed is for all environments, whose random numbers differ by their number."""
        if seed is not None and not hasattr(seed, "__index__"):
            raise TypeError(f"seed = {seed!r}; expected one whole number, which is for all environments")
        super().reset(seed=seed)
        mask = (options or {}).get("reset_mask")
        if mask is not None:
            if self._mode is not AutoresetMode.DISABLED:
                raise ValueError('options["reset_mask"] is for autoreset_mode="Disabled"')
            obs, privileged_obs = self.env.reset(mask)
        else:
            obs, privileged_obs = self.env.reset(seed=seed)
        self._ended[:] = False
        return obs, {"privileged_obs": privileged_obs, "_privileged_obs": self._all}

    def step(self, actions: np.ndarray):
        obs, privileged_obs, reward, terminated, truncated, info = self.env.step(_float32(actions))
        infos: dict[str, Any] = {"command_changed": info["command_changed"], "_command_changed": self._all}
        ended = terminated | truncated
        if self._mode is AutoresetMode.SAME_STEP:
            if ended.any():
                infos["final_obs"], infos["_final_obs"] = info["final_obs"], ended
                infos["final_info"] = {"privileged_obs": info["final_privileged_obs"], "_privileged_obs": ended}
                infos["_final_info"] = ended
        else:
            # The simulator has begun the next episodes; their first observations give way to the last ones.
            if ended.any():
                obs[ended] = info["final_obs"][ended]
                privileged_obs[ended] = info["final_privileged_obs"][ended]
            if self._mode is AutoresetMode.NEXT_STEP:
                obs, privileged_obs, ended = self._begin_ended(obs, privileged_obs, reward, terminated, truncated, ended)
        infos["privileged_obs"], infos["_privileged_obs"] = privileged_obs, self._all
        self._ended = ended
        return obs, reward, terminated, truncated, infos

    def _begin_ended(self, obs, privileged_obs, reward, terminated, truncated, ended):
        """Those that ended a step ago begin now; what their step did does not count."""
        begun = self._ended
        if begun.any():
            obs, privileged_obs = self.env.reset(begun)
            reward[begun], terminated[begun], truncated[begun] = 0.0, False, False
            ended = ended & ~begun
        return obs, privileged_obs, ended

    def close_extras(self, **kwargs: Any) -> None:
        self.env.close()


class Env(gymnasium.Env):
    """A single environment. It does not reset itself, and begins at the start of its clock.

    Args:
      id, others: as `kennel.make` has them.
    """

    metadata: dict[str, Any] = {"render_modes": []}

    def __init__(self, id: str = "pupper", *, render_mode: None = None, **others: Any):
        overrides = dict(others.pop("overrides", None) or {})
        if ids().get(id, {}).get("robot") or others.get("robot") or others.get("model"):
            overrides.setdefault("env.random_first_clock", False)
        self.env = make(id, 1, output="numpy", num_threads=1, overrides=overrides, **others)
        self.render_mode = render_mode
        self.observation_space, self.action_space = _spaces(self.env)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None):
        super().reset(seed=seed)
        obs, privileged_obs = self.env.reset(seed=seed)
        return obs[0].copy(), {"privileged_obs": privileged_obs[0].copy()}

    def step(self, action: np.ndarray):
        obs, privileged_obs, reward, terminated, truncated, info = self.env.step(_float32(action)[None])
        ended = bool(terminated[0] or truncated[0])
        if ended:
            obs, privileged_obs = info["final_obs"], info["final_privileged_obs"]
        infos = {"privileged_obs": privileged_obs[0].copy(), "command_changed": bool(info["command_changed"][0])}
        return obs[0].copy(), float(reward[0]), bool(terminated[0]), bool(truncated[0]), infos

    def close(self) -> None:
        self.env.close()


def _float32(actions: Any) -> np.ndarray:
    """Gymnasium's callers hand over what their space's sample or their own arithmetic gave."""
    return np.ascontiguousarray(actions, np.float32)


def _id_of(name: str) -> str:
    return "kennel/" + "".join(part.capitalize() for part in re.split("[-_]", name)) + "-v0"


def register() -> list[str]:
    """Makes every id of `kennel.ids` known to Gymnasium, as kennel/Pupper-v0, kennel/PupperPose-v0, ..."""
    registered = []
    for name in ids():
        known_as = _id_of(name)
        if known_as not in gymnasium.registry:
            gymnasium.register(
                known_as,
                entry_point="kennel.gymnasium:Env",
                vector_entry_point="kennel.gymnasium:VectorEnv",
                kwargs={"id": name},
                disable_env_checker=True,
            )
        registered.append(known_as)
    return registered


register()

__all__ = ["Env", "VectorEnv", "register"]
