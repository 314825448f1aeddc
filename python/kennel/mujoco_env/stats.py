"""Means since the last time they were asked for; src/batch/stats.cpp in numpy."""
from __future__ import annotations

from collections import Counter
from typing import Mapping

import numpy as np

from .observation import to_base


class Stats:
    def __init__(self, control_dt: float):
        self._control_dt, self._sums = control_dt, Counter()

    def count(self, values: Mapping[str, np.ndarray], reward: np.ndarray, seen: Mapping[str, np.ndarray], sane: np.ndarray,
              returns: np.ndarray, terminated: np.ndarray, truncated: np.ndarray, steps: np.ndarray) -> None:
        """Adds a control step of all environments."""
        sums, done = self._sums, terminated | truncated
        settled = sane & (seen["command_age"] >= 1 / self._control_dt)  # a second after a change on
        v = to_base(seen["base_orientation"], seen["base_velocity"])[settled, :2] - seen["command"][settled, :2]
        yaw = seen["base_angular_velocity"][settled, 2] - seen["command"][settled, 2]
        added = {
            "steps": len(reward), "reward": reward.sum(), "tracked": settled.sum(), "velocity": (v * v).sum(),
            "yaw": (yaw * yaw).sum(), "falls": terminated.sum(), "episodes": done.sum(), "diverged": (~sane).sum(),
            "contacts": (seen["foot_contact"] + seen["elbow_contact"])[sane].sum(), "return": returns[done].sum(),
            "length": steps[done].sum(), **{f"reward/{name}": value.sum() for name, value in values.items()},
        }
        for name, value in added.items():
            sums[name] += float(value)

    def drain(self) -> dict[str, float]:
        s, self._sums = self._sums, Counter()
        steps, tracked, episodes = s["steps"] or np.nan, s["tracked"] or np.nan, s["episodes"]
        return {
            "env/reward": s["reward"] / steps,
            "env/velocity_error": float(np.sqrt(s["velocity"] / tracked)),
            "env/yaw_error": float(np.sqrt(s["yaw"] / tracked)),
            "env/falls_per_minute": s["falls"] / (steps * self._control_dt / 60),
            "env/contacts": s["contacts"] / steps,
            "env/diverged": s["diverged"],
            "env/diverged_share": s["diverged"] / steps,
            "episode/count": episodes,
            "episode/return": s["return"] / episodes if episodes else 0.0,
            "episode/seconds": s["length"] * self._control_dt / episodes if episodes else 0.0,
            **{name: value / steps for name, value in s.items() if name.startswith("reward/")},
        }
