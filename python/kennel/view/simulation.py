"""Environments under one command, and what they did lately."""
from __future__ import annotations

import collections
from typing import Any

import numpy as np

from .._core import Error
from .source import Source

HISTORY_SECONDS = 6.0


def turned_back(quaternions: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """World vectors (n, 3) in the base's axes; quaternions (n, 4) w, x, y, z, base to world."""
    w, u = quaternions[:, :1], -quaternions[:, 1:]
    t = 2 * np.cross(u, vectors)
    return vectors + w * t + np.cross(u, t)


def heading_of(quaternions: np.ndarray) -> np.ndarray:
    """Angles (n,) of the bases' x axes about the world's z; quaternions (n, 4) w, x, y, z, base to world."""
    w, x, y, z = quaternions.T
    return np.arctan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))


class Simulation:
    """Steps the environments of a source. All robots are told the same.

    Attributes:
      told: names, ranges and units of what robots are told, three of each.
      command: (3,) what they are told now. time: s since the start. falls: episodes that ended in a fall.
    """

    def __init__(self, source: Source):
        self.env, self.policy = source.env, source.policy
        self.control_dt = self.env.control_dt
        ranges = [(name, bounds) for name, bounds in source.recipe["env"]["command"].items() if isinstance(bounds, list)]
        if len(ranges) != self.env.state.fields["command"].shape[0]:
            raise Error(f"{self.env.task}: {len(ranges)} ranges of commands; expected {self.env.state.fields['command'].shape[0]}")
        self.told = [(name, (float(low), float(high)), _unit(name)) for name, (low, high) in ranges]
        self.command = np.zeros(len(self.told), np.float32)
        self.stance_height = getattr(source.policy, "contract", {}).get("stance_height")
        self.time, self.falls = 0.0, 0
        self.random = np.random.default_rng(0)  # of the pushes' directions
        self.history: collections.deque = collections.deque(maxlen=round(HISTORY_SECONDS / self.control_dt))
        self.obs = self.env.reset()[0]
        self._home = np.zeros((self.env.num_envs, 3))  # x, y and heading at each episode's start
        self._come_home(np.ones(self.env.num_envs, bool))

    def state(self, name: str) -> np.ndarray:
        return np.asarray(self.env.state[name])

    def step(self) -> None:
        """A control step of all robots."""
        env = self.env
        self.state("command")[:] = self.command
        if self.policy is None:
            actions = np.zeros((env.num_envs, env.num_actions), np.float32)
        else:
            actions = np.ascontiguousarray(self.policy(self.obs), np.float32)
        self.obs, _, _, terminated, truncated, _ = env.step(actions)
        self.time += self.control_dt
        self.falls += int(np.asarray(terminated).sum())
        self._come_home(np.asarray(terminated) | np.asarray(truncated))
        self._remember()

    def reset(self) -> None:
        self.obs = self.env.reset()[0]
        if hasattr(self.policy, "reset"):  # a gait's clock
            self.policy.reset()
        self.falls = 0
        self.history.clear()
        self._come_home(np.ones(self.env.num_envs, bool))

    def push(self, speed: float) -> None:
        """Adds a horizontal velocity of `speed`, m/s, in a direction of its own to each robot's base."""
        angle = self.random.uniform(0, 2 * np.pi, self.env.num_envs)
        self.state("base_velocity")[:, :2] += (speed * np.stack([np.cos(angle), np.sin(angle)], axis=1)).astype(np.float32)

    def measured(self) -> np.ndarray:
        """What the robots do of what they are told, (num_envs, 3), in its order and units; NaN: not known."""
        quaternion = self.state("base_orientation")
        velocity = turned_back(quaternion, self.state("base_velocity"))
        up = turned_back(quaternion, np.tile(np.float32([0, 0, 1]), (len(quaternion), 1)))
        height = self.state("base_position")[:, 2]
        quantities: dict[str, Any] = {
            "vx": velocity[:, 0],
            "vy": velocity[:, 1],
            "yaw": self.state("base_angular_velocity")[:, 2],
            "pitch": -np.arcsin(np.clip(up[:, 0], -1, 1)),
            "roll": np.arctan2(up[:, 1], up[:, 2]),
            "height": height - self.stance_height if self.stance_height is not None else np.full(len(height), np.nan),
        }
        return np.stack([quantities.get(name, np.full(len(height), np.nan)) for name, _, _ in self.told], axis=1)

    def walked(self) -> tuple[np.ndarray, np.ndarray]:
        """Where the bases are, (n, 3), and their quaternions, (n, 4), seen from where their episodes began.

        Episodes begin with any heading; seen so, all robots set out along x.
        """
        x, y, heading = self._home.T
        cosine, sine = np.cos(heading), np.sin(heading)
        position = self.state("base_position").astype(float)
        east, north = position[:, 0] - x, position[:, 1] - y
        position[:, 0], position[:, 1] = cosine * east + sine * north, cosine * north - sine * east
        c, s = np.cos(heading / 2), -np.sin(heading / 2)
        qw, qx, qy, qz = self.state("base_orientation").astype(float).T
        return position, np.stack([c * qw - s * qz, c * qx - s * qy, c * qy + s * qx, c * qz + s * qw], axis=1)

    def _come_home(self, where: np.ndarray) -> None:
        """Episodes begin here, (num_envs) bool."""
        self._home[where, :2] = self.state("base_position")[where, :2]
        self._home[where, 2] = heading_of(self.state("base_orientation")[where])

    def _remember(self) -> None:
        self.history.append((
            self.time, self.command.copy(), self.measured(), self.state("joint_torque").copy(), self.state("contact").copy()))

    def lately(self, robot: int) -> dict[str, np.ndarray]:
        """A robot's last seconds, oldest first: time (n,), command and measured (n, 3), torque (n, 12), contact (n, 4)."""
        rows = list(self.history)
        return {
            "time": np.array([row[0] for row in rows]),
            "command": np.array([row[1] for row in rows]).reshape(len(rows), -1),
            "measured": np.array([row[2][robot] for row in rows]).reshape(len(rows), -1),
            "torque": np.array([row[3][robot] for row in rows]).reshape(len(rows), -1),
            "contact": np.array([row[4][robot] for row in rows]).reshape(len(rows), -1),
        }


def _unit(name: str) -> str:
    return {"vx": "m/s", "vy": "m/s", "yaw": "rad/s", "pitch": "rad", "roll": "rad", "height": "m"}.get(name, "")
