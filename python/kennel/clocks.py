"""What rsl_rl and Isaac Lab ask alike of an environment for torch."""
from __future__ import annotations

import torch

from .env import Env


class Clocks:
    """An adapter's clocks and end; `env` is the environment that it adapts."""

    env: Env

    @property
    def unwrapped(self):
        return self

    @property
    def episode_length_buf(self) -> torch.Tensor:
        """Control steps since each episode's start: the simulator's clocks, which take what is assigned."""
        return self.env.episode_length

    @episode_length_buf.setter
    def episode_length_buf(self, steps: torch.Tensor) -> None:
        self.env.episode_length = steps

    def close(self) -> None:
        self.env.close()
