"""What Isaac Lab's environments look like, which skrl wraps without copies.

    env = skrl.envs.wrappers.torch.wrap_env(kennel.isaaclab.Env("pupper-flat", num_envs=1024), wrapper="isaaclab")

Observations are {"policy": (num_envs, n), "critic": (num_envs, m)}, tensors that are the simulator's
memory, two in turn: what is kept longer is to be copied.
"""
from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import torch
from gymnasium.vector.utils import batch_space

from .clocks import Clocks
from .making import make


class Env(Clocks):
    """Kennel's environments by Isaac Lab's names. A change of command ends nothing.

    Args:
      id, num_envs, others: as `kennel.make` has them.
    """

    metadata: dict[str, Any] = {"render_modes": []}
    render_mode = None
    spec = None

    def __init__(self, id: str = "pupper", num_envs: int | None = None, **others: Any):
        self.env = make(id, num_envs, output="torch", **others)
        self.num_envs = self.env.num_envs
        self.device = torch.device("cpu")
        self.cfg = {"id": id, "recipe": self.env.recipe}
        self.step_dt = self.env.control_dt
        self.max_episode_length = self.env.max_episode_length
        self.max_episode_length_s = self.max_episode_length * self.step_dt

        def box(size: int, low: float = -np.inf, high: float = np.inf) -> gymnasium.spaces.Box:
            return gymnasium.spaces.Box(low, high, (size,), np.float32)

        self.single_observation_space = gymnasium.spaces.Dict(
            {"policy": box(self.env.obs_size), "critic": box(self.env.privileged_obs_size)}
        )
        self.single_action_space = box(self.env.num_actions, self.env.action_low, self.env.action_high)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self.state_space = None

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[dict, dict]:
        return _groups(*self.env.reset(seed=seed)), {}

    def step(self, action: torch.Tensor) -> tuple[dict, torch.Tensor, torch.Tensor, torch.Tensor, dict]:
        obs, privileged_obs, reward, terminated, truncated, info = self.env.step(action.detach().contiguous())
        extras = {"time_outs": truncated, "command_changed": info["command_changed"]}
        return _groups(obs, privileged_obs), reward, terminated, truncated, extras

    def render(self, recompute: bool = False) -> None:
        return None


def _groups(obs: torch.Tensor, privileged_obs: torch.Tensor) -> dict[str, torch.Tensor]:
    return {"policy": obs, "critic": privileged_obs}


__all__ = ["Env"]
