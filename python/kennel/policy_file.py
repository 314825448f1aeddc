"""`save_policy`: a network that you trained, as the file that `kennel eval`, `play` and the robot's controller load."""
from __future__ import annotations

import json
import os
import tomllib
from typing import Any, Sequence

import numpy as np

from . import _core
from .env import Env

ACTIVATIONS = ("tanh", "relu", "elu", "sigmoid", "softmax", "")
_JOINTS = [f"leg_{end}_{side}_{joint}" for end in ("front", "back") for side in "rl" for joint in (1, 2, 3)]
_RIGHT, _LEFT = ([0.26, 0.0, -0.52], [-1.22, -0.42, -2.79], [2.51, 3.14, 0.71]), ([-0.26, 0.0, 0.52], [-2.51, -3.14, -0.71], [1.22, 0.42, 2.79])
_POSE, _LOW, _HIGH = (2 * (of_right + of_left) for of_right, of_left in zip(_RIGHT, _LEFT))  # rad, of the joints' ranges


def _array(name: str, value: Any, shape: tuple[int, ...]) -> np.ndarray:
    value = value.detach().cpu().numpy() if hasattr(value, "detach") else value
    array = np.asarray(value, np.float64)
    if array.shape != shape:
        raise ValueError(f"{name} has shape {array.shape}; expected {shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} has numbers that are not finite; take an earlier policy")
    return array


def save_policy(
    path: str | os.PathLike,
    env: Env,
    layers: Sequence[tuple[Any, Any]],
    *,
    activation: str = "elu",
    last_activation: str = "",
    mean: Any = None,
    deviation: Any = None,
    env_steps: int | None = None,
) -> None:
    """Writes a policy of dense layers, as `env` runs it.

    The action is the last layer's output; what goes beyond -1 to 1 is clamped by the environment in training,
    and by a layer that is added here where `last_activation` is not "tanh".

    Args:
      path: of the JSON file. env: what it was trained in, `kennel.make("pupper-flat", ...)`.
      layers: weight (out, in) and bias (out) of each, in order, as torch's `Linear` has them; arrays or tensors.
      activation: between layers, last_activation: after the last; tanh, relu, elu, sigmoid, softmax or "".
      mean, deviation: (obs_size) each; the first layer was given (obs - mean) / deviation. None: obs itself.
      env_steps: of training, for those who read the file.

    Raises:
      ValueError: shapes that do not chain, an unknown activation, a robot or task whose contract this cannot say.
    """
    if (env.robot, env.task) != ("pupper_v3", "walk"):
        raise _core.Error(f'save_policy: the robot "{env.robot}" and task "{env.task}"; expected pupper_v3 and walk')
    for name in (activation, last_activation):
        if name not in ACTIVATIONS:
            raise ValueError(f'activation "{name}" is unknown; expected one of {", ".join(ACTIVATIONS[:-1])} or ""')
    recipe = tomllib.loads(env.recipe)["env"]
    native = sum(term.size for term in env.obs_terms)
    frame = [term for term in env.obs_terms if "[" not in term.name]
    history = recipe["history"]
    if native != history * sum(term.size for term in frame) or env.obs_size != native:
        raise _core.Error("save_policy: the policy sees extra observations, which the robot's controller does not have; leave extra_obs out")
    rows, inputs = [], env.obs_size
    for at, (weight, bias) in enumerate(layers):
        outputs = len(bias)
        rows.append([_array(f"layers[{at}] weight", weight, (outputs, inputs)), _array(f"layers[{at}] bias", bias, (outputs,))])
        inputs = outputs
    if not rows or inputs != env.num_actions:
        raise ValueError(f"layers put out {inputs} numbers; expected {env.num_actions}, an action")
    if mean is not None or deviation is not None:
        shift = _array("mean", np.zeros(env.obs_size) if mean is None else mean, (env.obs_size,))
        scale = _array("deviation", np.ones(env.obs_size) if deviation is None else deviation, (env.obs_size,))
        if not (scale > 0).all():
            raise ValueError("deviation has numbers that are not above 0")
        weight, bias = rows[0]
        rows[0] = [weight / scale, bias - weight @ (shift / scale)]
    names = [activation] * (len(rows) - 1) + [last_activation]
    if last_activation != "tanh":
        rows, names = _clamped(rows, names)
    margin, scale = recipe["target_margin"], recipe["action_scale"]
    file = {
        "format_version": 2,
        "robot": env.robot,
        **({} if env_steps is None else {"env_steps": int(env_steps)}),
        "control_dt": round(env.control_dt, 6),
        "physics_dt": round(env.control_dt / recipe["decimation"], 6),
        "use_imu": True,
        "kp": 5.0,
        "kd": 0.25,
        "action_scale": [scale] * env.num_actions,
        "joint_names": _JOINTS,
        "default_joint_pos": _POSE,
        "joint_lower_limits": [round(low + margin, 6) for low in _LOW],
        "joint_upper_limits": [round(high - margin, 6) for high in _HIGH],
        "observation_history": history,
        "observation": [{"name": t.name, "size": t.size, "scale": t.scale, "unit": t.unit} for t in frame],
        "command_ranges": {of: recipe["command"][key] for of, key in (("vx", "vx"), ("vy", "vy"), ("yaw_rate", "yaw"))},
        "start_height": 0.17,
        "fall_tilt": recipe["max_tilt"],
        "fall_height": recipe["min_height"],
        "training_simulator": {"solver_iterations": recipe["solver_iterations"], "ls_iterations": recipe["ls_iterations"]},
        "in_shape": [None, env.obs_size],
        "layers": [
            {
                "type": "dense",
                "activation": name,
                "shape": [None, len(bias)],
                "weights": [weight.T.astype(np.float32).tolist(), bias.astype(np.float32).tolist()],
            }
            for (weight, bias), name in zip(rows, names)
        ],
    }
    partial = f"{os.fspath(path)}.partial"
    with open(partial, "w", encoding="utf-8") as out:
        json.dump(file, out)
    os.replace(partial, path)


def _clamped(rows: list, names: list[str]) -> tuple[list, list[str]]:
    """clamp(y, -1, 1) = relu(y + 1) - relu(y - 1) - 1, of layers that the robot's loader knows."""
    (weight, bias), name = rows[-1], names[-1]
    one = np.eye(len(bias))
    if name:  # y is an activation's
        body, first, shift = rows, np.vstack([one, one]), np.zeros(len(bias))
        names = list(names)
    else:
        body, first, shift, names = rows[:-1], np.vstack([weight, weight]), bias, names[:-1]
    ends = [first, np.concatenate([shift + 1, shift - 1])], [np.hstack([one, -one]), -np.ones(len(bias))]
    return [*body, *ends], [*names, "relu", ""]


__all__ = ["save_policy"]
