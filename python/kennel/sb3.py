"""Stable-Baselines3: `VecEnv`.

    model = stable_baselines3.PPO("MlpPolicy", kennel.sb3.VecEnv("pupper-flat", num_envs=256))

Stable-Baselines3 visits every environment of every step in Python; that, not the simulator, is what
takes the time of many environments. Those that did not end share one empty info. A change of command
ends nothing.
"""
from __future__ import annotations

import time
from typing import Any, Sequence

import gymnasium
import numpy as np
from stable_baselines3.common.vec_env import VecEnv as _VecEnv

from .making import make


class VecEnv(_VecEnv):
    """Kennel's environments for Stable-Baselines3.

    Where an episode ended, its info has "terminal_observation", "TimeLimit.truncated" and "episode"
    {"r": return, "l": steps, "t": seconds since the start}.

    Args:
      id, num_envs, others: as `kennel.make` has them.
    """

    def __init__(self, id: str = "pupper", num_envs: int | None = None, **others: Any):
        self.env = make(id, num_envs, output="numpy", **others)
        self._returns = np.zeros(self.env.num_envs)
        self._lengths = np.zeros(self.env.num_envs, np.int64)
        self._nothing: dict[str, Any] = {}
        self._actions: np.ndarray | None = None
        self._start = time.monotonic()
        super().__init__(
            self.env.num_envs,
            gymnasium.spaces.Box(-np.inf, np.inf, (self.env.obs_size,), np.float32),
            gymnasium.spaces.Box(self.env.action_low, self.env.action_high, (self.env.num_actions,), np.float32),
        )

    def reset(self) -> np.ndarray:
        """Uses the first seed of `seed`, which is for all environments."""
        obs, _ = self.env.reset(seed=self._seeds[0])
        self._returns[:], self._lengths[:] = 0.0, 0
        self._reset_seeds()
        self._reset_options()
        return obs

    def step_async(self, actions: np.ndarray) -> None:
        self._actions = np.ascontiguousarray(actions, np.float32)

    def step_wait(self):
        obs, _, reward, terminated, truncated, info = self.env.step(self._actions)
        self._returns += reward
        self._lengths += 1
        dones = terminated | truncated
        infos = [self._nothing] * self.num_envs
        for env in np.flatnonzero(dones):
            infos[env] = {
                "terminal_observation": info["final_obs"][env].copy(),
                "TimeLimit.truncated": bool(truncated[env]),
                "episode": {
                    "r": float(self._returns[env]),
                    "l": int(self._lengths[env]),
                    "t": time.monotonic() - self._start,
                },
            }
        self._returns[dones], self._lengths[dones] = 0.0, 0
        return obs, reward, dones, infos

    def close(self) -> None:
        self.env.close()

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """An attribute of the batch, the same for each environment that is asked."""
        value = None if attr_name == "render_mode" else getattr(self.env, attr_name)
        return [value for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        raise NotImplementedError("the environments are one batch; change env.state, env.params or env.progress of it")

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        raise NotImplementedError("the environments are one batch; call the methods of env itself")

    def env_is_wrapped(self, wrapper_class: type, indices: Any = None) -> list[bool]:
        return [False for _ in self._get_indices(indices)]

    def get_images(self) -> Sequence[np.ndarray | None]:
        return [None] * self.num_envs


__all__ = ["VecEnv"]
