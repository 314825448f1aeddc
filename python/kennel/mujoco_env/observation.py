"""What the policy and the critic see; envs/quadruped/sensors.h in numpy. Rows are environments."""
from __future__ import annotations

from typing import Any

import numpy as np

FRAME = 36  # numbers: gyro 3, gravity 3, command 3, desired up 3, joints 12, last action 12
COMMAND = slice(6, 9)
GRAVITY_Z = 5


def up_in_base(q: np.ndarray) -> np.ndarray:
    """The world's z axis in base axes, (n, 3), of unit quaternions w, x, y, z (n, 4)."""
    w, x, y, z = q.T
    return np.stack([2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)], axis=1)


def rotate(q: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Vectors (n, 3) of the base's axes in the world's."""
    w, u = q[:, :1], q[:, 1:]
    t = 2 * np.cross(u, v)
    return v + w * t + np.cross(u, t)


def to_base(q: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Vectors (n, 3) of the world in base axes."""
    return rotate(q * (1.0, -1.0, -1.0, -1.0), v)


def imu(q: np.ndarray, omega: np.ndarray) -> np.ndarray:
    """A true sample, (n, 6): gyro rad/s, gravity's direction, base axes."""
    return np.concatenate([omega, -up_in_base(q)], axis=1)


def imu_reading(sample: np.ndarray, tilt: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """A sample through the mounting error `tilt` (n, 3) and noise (n, 6); gravity is a unit vector again."""
    mount = np.concatenate([np.ones((len(tilt), 1)), 0.5 * tilt], axis=1)
    mount /= np.linalg.norm(mount, axis=1, keepdims=True)
    gravity = rotate(mount, sample[:, 3:]) + noise[:, 3:]
    gravity /= np.sqrt(np.maximum((gravity * gravity).sum(axis=1, keepdims=True), 1e-6))
    return np.concatenate([rotate(mount, sample[:, :3]) + noise[:, :3], gravity], axis=1)


def frame(reading: np.ndarray, command: np.ndarray, joints: np.ndarray, action: np.ndarray) -> np.ndarray:
    """(n, 36); joints (n, 12): rad off the default pose, as the encoders read them."""
    desired_up = np.tile([0.0, 0.0, 1.0], (len(reading), 1))
    return np.concatenate([reading, command, desired_up, joints, action], axis=1)


def first_frames(n: int, count: int) -> np.ndarray:
    """Frames (n, count, 36) that a controller begins with: zeros, gravity straight down."""
    frames = np.zeros((n, count, FRAME))
    frames[:, :, GRAVITY_Z] = -1.0
    return frames


def privileged(s: Any, pose: np.ndarray, feet: np.ndarray, elbows: np.ndarray) -> np.ndarray:
    """What the critic sees, (n, 87): a frame without noise and delay, and what no sensor tells.

    Args:
      s: state and parameters by the names of kennel.Env.state and params.
      feet, elbows: (n, 4) 1 where it touches; zeros right after a reset.
    """
    q = s["base_orientation"]
    true = frame(imu(q, s["base_angular_velocity"]), s["command"], s["joint_position"] - pose, s["action"])
    parameters = [s[name] for name in ("friction", "strength", "kp", "kd", "base_mass", "joint_friction")]
    parameters += [0.2 * s["action_delay"], 0.2 * s["imu_delay"]]
    return np.concatenate([
        true, to_base(q, s["base_velocity"]), s["base_position"][:, 2:], 0.1 * s["joint_velocity"], s["previous_action"],
        feet, elbows, 5 * s["air_time"], 30 * s["base_com_shift"], np.stack(parameters, axis=1),
    ], axis=1)
