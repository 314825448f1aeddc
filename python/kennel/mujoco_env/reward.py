"""The walking task's reward terms; envs/tasks/walk.h in numpy. Signs are in the weights."""
from __future__ import annotations

from typing import Any, Mapping

import numpy as np

from .observation import rotate, to_base, up_in_base


def per_leg(joints: np.ndarray) -> np.ndarray:
    return joints.reshape(len(joints), 4, 3)


def at(early: Mapping[str, Any], late: Mapping[str, Any], progress: float) -> dict[str, float]:
    """Weights and shape of [env.reward] at a progress of training, by [env.late_reward]."""
    first, last = late["from"], late["until"]
    share = (progress - first) / (last - first) if last > first else float(progress >= first)
    share = min(max(share, 0.0), 1.0)
    return {name: value * (1 + share * (late.get(name, 1.0) - 1)) for name, value in early.items() if name != "only_positive"}


def kernel_width(share: float, least: float, most: float, command2: np.ndarray) -> np.ndarray:
    return np.full_like(command2, most) if share == 0.0 else np.clip(share * command2, least, most)


def terms(s: Any, r: Mapping[str, float], control_dt: float, pose: np.ndarray, abduction: int,
          first_pair: np.ndarray) -> dict[str, np.ndarray]:
    """Values of all terms, unweighted, (n) each.

    Args:
      s: by name, (n, ...): the state after the step and what happened in it: those of kennel.Env.state,
        joint_velocity_before, action_before_previous, foot_contact, touch_down, air_time_before,
        elbow_contact (n, 4), fell (n).
      r: the numbers of [env.reward].
      first_pair: (4) bool, legs of front left's diagonal.
    """
    q, command = s["base_orientation"], s["command"]
    up, v, omega = up_in_base(q), to_base(q, s["base_velocity"]), s["base_angular_velocity"]
    omega_world = rotate(q, omega)
    square_sum = lambda x: (x * x).reshape(len(q), -1).sum(axis=1)  # noqa: E731
    share = r["kernel_command_share"]
    width = kernel_width(share, r["velocity_sigma2_min"], r["velocity_sigma2"], square_sum(command[:, :2]))
    narrow = kernel_width(share, r["yaw_sigma2_min"], r["yaw_sigma2"], command[:, 2] ** 2)
    yaw2 = (omega[:, 2] - command[:, 2]) ** 2
    track = np.exp(-square_sum(v[:, :2] - command[:, :2]) / width)
    yaw = 0.5 * np.exp(-yaw2 / narrow) + 0.5 * np.exp(-yaw2 / r["yaw_wide_sigma2"])
    settle = r["settle_seconds"]
    settled = np.minimum(s["command_age"] * control_dt / settle, 1.0) if settle else 1.0
    moves = (square_sum(command) > 0.0025).astype(np.float64)
    off_pose, torque, qd = s["joint_position"] - pose, s["joint_torque"], s["joint_velocity"]
    action, previous, before = s["action"], s["previous_action"], s["action_before_previous"]
    pairs = np.where(first_pair, s["foot_contact"], -s["foot_contact"]).sum(axis=1)
    slip2 = (s["foot_velocity"][:, :, :2] ** 2).sum(axis=2)
    swing = np.clip(s["air_time_before"] - r["swing_from"], 0.0, r["swing_most"])
    return {
        "track_velocity": 1 - settled * (1 - track),
        "track_yaw": 1 - settled * (1 - yaw),
        "upright": np.exp(-4 * square_sum(up - (0.0, 0.0, 1.0))),
        "vertical_velocity": s["base_velocity"][:, 2] ** 2,
        "roll_pitch_rate": square_sum(omega_world[:, :2]),
        "tilt": square_sum(up[:, :2]),
        "torque": square_sum(torque),
        "joint_acceleration": square_sum((qd - s["joint_velocity_before"]) / control_dt),
        "work": np.abs(torque * qd).sum(axis=1),
        "action_rate": square_sum(action - previous),
        "action_acceleration": square_sum(action - 2 * previous + before),
        "swing_time": moves * (s["touch_down"] * swing).sum(axis=1),
        "trot": 0.25 * moves * pairs**2,
        "stand_pose": (1 - moves) * np.abs(off_pose).sum(axis=1),
        "stand_joint_velocity": (1 - moves) * np.abs(qd).sum(axis=1),
        "abduction": square_sum(per_leg(off_pose)[:, :, abduction]),
        "foot_slip": (s["foot_contact"] * slip2).sum(axis=1),
        "elbow_contact": s["elbow_contact"].sum(axis=1),
        "fall": s["fell"].astype(np.float64),
    }


def total(values: Mapping[str, np.ndarray], r: Mapping[str, float], control_dt: float, only_positive: bool) -> np.ndarray:
    """The step's reward, (n)."""
    reward = control_dt * sum(r[name] * value for name, value in values.items())
    return np.maximum(reward, 0.0) if only_positive else reward
