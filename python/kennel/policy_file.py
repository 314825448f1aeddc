"""`save_policy`: a network that you trained, as the file that `kennel eval`, `play` and the robot's controller load."""
from __future__ import annotations

import os
from typing import Any, Sequence

import numpy as np

from . import _core
from .env import Env


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
    """Writes a policy of dense layers, as `env` runs it: any robot and task, as `kennel export` writes them.

    The action is the last layer's output; what goes beyond -1 to 1 is clamped by the environment in training,
    and by layers that are added here where `last_activation` is not "tanh".

    Args:
      path: of the JSON file. env: what it was trained in, `kennel.make("pupper-flat", ...)`.
      layers: weight (out, in) and bias (out) of each, in order, as torch's `Linear` has them; arrays or tensors.
      activation: between layers, last_activation: after the last; tanh, relu, elu, sigmoid, softmax or "".
      mean, deviation: (obs_size) each; the first layer was given (obs - mean) / deviation. None: obs itself.
      env_steps: of training, for those who read the file.

    Raises:
      ValueError: shapes that do not chain, numbers that are not finite. kennel.Error: an unknown activation, or
      environments whose policies no file can hold.
    """
    if env.obs_size != env._policy_obs_size:
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
    file = os.fspath(path)
    dense = [(np.ascontiguousarray(weight.T, np.float32), bias.astype(np.float32), name) for (weight, bias), name in zip(rows, names)]
    env._policies.make(file, dense, env_steps).write(file, "json")


__all__ = ["save_policy"]
