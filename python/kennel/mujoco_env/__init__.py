"""The walking task over MuJoCo's batch interface: `kennel.make(..., backend="mujoco")`.

For comparison, and for doubt: the same observation, reward, ends and commands as the native
environments, written a second time in numpy. It is slower. What is what:

  physics      mujoco.batch.Batch: state, feet, torques by Kennel's names
  observation  frames and what the critic sees      reward  the walking task's terms
  draws        what an episode draws: parameters, start, command
  env          `Env`, with the class interface of kennel.Env
"""
from .env import Env

__all__ = ["Env"]
