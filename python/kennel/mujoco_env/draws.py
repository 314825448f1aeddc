"""What an episode draws; envs/quadruped/reset.h and command.h in numpy, by numpy's generator."""
from __future__ import annotations

from typing import Any, Mapping

import numpy as np


def within(rng: np.random.Generator, limits: list[float], *shape: int) -> np.ndarray:
    return rng.uniform(limits[0], limits[1], shape)


def commands(rng: np.random.Generator, c: Mapping[str, Any], n: int) -> np.ndarray:
    """(n, 3) of the mixture: the full box, the box scaled by one factor, one axis alone scaled likewise, or standing."""
    kind = rng.random(n)
    scaled = kind < c["axis_fraction"] + c["scaled_fraction"]
    scale = np.where(scaled, c["smallest_scale"] + (1 - c["smallest_scale"]) * rng.random(n), 1.0)
    command = scale[:, None] * np.stack([within(rng, c[key], n) for key in ("vx", "vy", "yaw")], axis=1)
    axis = rng.integers(3, size=n)
    others = (kind < c["axis_fraction"])[:, None] & (np.arange(3) != axis[:, None])
    standing = rng.random(n) < c["standing_fraction"]
    return np.where(others | standing[:, None], 0.0, command)


_FACTORS = {
    "base_mass": "link_mass", "base_inertia": "link_inertia", "strength": "strength", "kp": "kp", "kd": "kd",
    "joint_friction": "joint_friction", "damping": "damping", "armature": "armature",
}


def params(rng: np.random.Generator, c: Mapping[str, Any], timestep: float, n: int) -> dict[str, np.ndarray]:
    """Of n environments, by the names of kennel.Env.params."""
    own = rng.random(n) < c["nominal_fraction"]
    drawn = {name: np.where(own, 1.0, within(rng, c[key], n)) for name, key in _FACTORS.items()}
    for name in ("link_mass", "link_inertia"):
        drawn[name] = np.where(own[:, None], 1.0, within(rng, c[name], n, 12))
    shift = np.stack([within(rng, c[f"base_com_{axis}"], n) for axis in "xyz"], axis=1)
    drawn["base_com_shift"] = np.where(own[:, None], 0.0, shift)
    drawn["friction"] = within(rng, c["friction"], n)
    drawn["joint_offset"] = within(rng, c["joint_offset"], n, 12)
    drawn["imu_tilt"] = within(rng, c["imu_tilt"], n, 3)
    drawn.update(delays(rng, c, timestep, n))
    return drawn


def delays(rng: np.random.Generator, c: Mapping[str, Any], timestep: float, n: int) -> dict[str, np.ndarray]:
    """Latencies in whole physics steps."""
    return {f"{of}_delay": np.round(within(rng, c[f"{of}_latency"], n) / timestep) for of in ("action", "imu")}


def start(rng: np.random.Generator, c: Mapping[str, Any], pose: np.ndarray, n: int) -> dict[str, np.ndarray]:
    """The state that n episodes start in: near the default pose, any heading."""
    roll, pitch = 0.5 * within(rng, c["start_tilt"], n), 0.5 * within(rng, c["start_tilt"], n)
    half_yaw = rng.uniform(-np.pi / 2, np.pi / 2, n)
    tilt = np.stack([np.cos(pitch) * np.cos(roll), np.cos(pitch) * np.sin(roll), np.sin(pitch) * np.cos(roll),
                     -np.sin(pitch) * np.sin(roll)], axis=1)
    cos, sin = np.cos(half_yaw)[:, None], np.sin(half_yaw)[:, None]
    orientation = cos * tilt + sin * np.stack([-tilt[:, 3], -tilt[:, 2], tilt[:, 1], tilt[:, 0]], axis=1)
    position = np.zeros((n, 3))
    position[:, 2] = within(rng, c["start_height"], n)
    return {
        "base_position": position,
        "base_orientation": orientation,
        "base_velocity": within(rng, c["start_velocity"], n, 3),
        "base_angular_velocity": within(rng, c["start_velocity"], n, 3),
        "joint_position": pose + within(rng, c["start_joint"], n, 12),
        "joint_velocity": np.zeros((n, 12)),
    }
