"""What computes a shown policy's actions: the one place to exchange it.

Whoever else stands in this place maps observations (n, obs_size) to actions, has `obs_size`,
`num_actions` and `contract`, the file's keys beside its layers, and refuses what it cannot in a
kennel.Error of one line.
"""
from ..policy_numpy import Policy, load_policy

__all__ = ["Policy", "load_policy"]
