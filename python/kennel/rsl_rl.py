"""rsl_rl 5.x: `VecEnv`, for its OnPolicyRunner.

    env = kennel.rsl_rl.VecEnv("pupper-flat", num_envs=4096)
    OnPolicyRunner(env, train_cfg, log_dir).learn(300, init_at_random_ep_len=True)

Observation groups are "policy", what the robot measures, and "privileged", what is true, for the
critic. Nothing is copied between the simulator and torch. rsl_rl keeps a reference to an observation
while it steps, and copies it afterwards: observations come in two buffers in turn, so that it copies
what the policy saw.
"""
from __future__ import annotations

import math
from typing import Any

import torch
from rsl_rl.env import VecEnv as _VecEnv
from tensordict import TensorDict

from .clocks import Clocks
from .making import make


class VecEnv(Clocks, _VecEnv):
    """Kennel's environments for rsl_rl. They are reset when this is made, and by themselves later.

    A change of command within an episode is no end of it, and not reported, unless `cut_at_commands`.

    Args:
      id, num_envs, others: as `kennel.make` has them.
      training_steps: control steps of all environments over which the recipe's schedules go; None:
        they stay at their start.
      cut_at_commands: report a change of command as a time-out, so that rsl_rl bootstraps there and its surprise stays
        out of the advantages, as Kennel's own learner has it. The lengths of episodes that rsl_rl logs are then a command's.
      log_interval: steps of the batch between two logs of the simulator's own means.
    """

    def __init__(
        self,
        id: str = "pupper",
        num_envs: int | None = None,
        *,
        training_steps: int | None = None,
        cut_at_commands: bool = False,
        log_interval: int = 24,
        **others: Any,
    ):
        self.env = make(id, num_envs, output="torch", **others)
        self.num_envs, self.num_actions = self.env.num_envs, self.env.num_actions
        self.max_episode_length = self.env.max_episode_length
        self.device = "cpu"
        self.cfg = {"id": id, "recipe": self.env.recipe, **{k: str(v) for k, v in others.items()}}
        self.step_dt = self.env.control_dt
        self._training_steps, self._log_interval = training_steps, log_interval
        self._cut_at_commands = cut_at_commands
        self._steps = 0
        self._groups: dict[int, TensorDict] = {}
        self._now = self._group(*self.env.reset())

    def get_observations(self) -> TensorDict:
        return self._now

    def step(self, actions: torch.Tensor) -> tuple[TensorDict, torch.Tensor, torch.Tensor, dict]:
        obs, privileged_obs, reward, terminated, truncated, info = self.env.step(actions.detach().contiguous())
        self._now = self._group(obs, privileged_obs)
        if self._cut_at_commands:
            truncated = truncated | (info["command_changed"] & ~terminated)
        self._steps += 1
        extras: dict[str, Any] = {"time_outs": truncated}
        if self._steps % self._log_interval == 0:
            extras["log"] = {name: value for name, value in self.env.stats().items() if math.isfinite(value)}
            if self._training_steps is not None:
                self.env.progress = min(1.0, self._steps * self.num_envs / self._training_steps)
        return self._now, reward, (terminated | truncated).long(), extras

    def _group(self, obs: torch.Tensor, privileged_obs: torch.Tensor) -> TensorDict:
        """Made once for each of the two buffers."""
        if obs.data_ptr() not in self._groups:
            group = TensorDict({"policy": obs, "privileged": privileged_obs}, batch_size=[self.num_envs])
            self._groups[obs.data_ptr()] = group
        return self._groups[obs.data_ptr()]


__all__ = ["VecEnv"]
