"""A policy file's network in numpy: what looks at a robot needs no LibTorch."""
from __future__ import annotations

import json
import os
import pathlib
from typing import Any

import numpy as np

from ._core import Error

GOLDEN_TOLERANCE = 1e-4  # of an action, as the program has it


def _softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


_ACTIVATIONS = {
    "": lambda x: x,
    "tanh": np.tanh,
    "relu": lambda x: np.where(x <= 0, np.float32(0), x),  # NaN stays NaN
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softmax": _softmax,
}


class Policy:
    """Dense layers, y = activation(x W + b), normalisation folded in.

    Attributes:
      path: the file. contract: what the file says beside its layers: robot, joint_names, control_dt, golden, ...
      obs_size, num_actions: sizes.
    """

    def __init__(self, path: pathlib.Path, contract: dict[str, Any], layers: list[tuple[np.ndarray, np.ndarray, str]]):
        self.path, self.contract, self._layers = path, contract, layers
        self.obs_size, self.num_actions = layers[0][0].shape[0], layers[-1][0].shape[1]

    def __call__(self, obs: Any) -> np.ndarray:
        """Actions (..., num_actions) in [-1, 1] of observations (..., obs_size), float32."""
        x = np.asarray(obs, np.float32)
        if x.shape[-1:] != (self.obs_size,):
            raise Error(f"the policy takes observations (..., {self.obs_size}), got {x.shape}")
        for weights, bias, activation in self._layers:
            x = _ACTIVATIONS[activation](x @ weights + bias)
        return x


def load_policy(path: str | os.PathLike) -> Policy:
    """Reads the robot's JSON, as `kennel export` writes it, and runs its golden pair.

    Raises:
      kennel.Error: a file that is not a policy, is damaged, or holds a gait, in one line.
      OSError: a file that cannot be read.
    """
    path = pathlib.Path(path)
    try:
        contract = json.loads(path.read_bytes())
        layers = contract.pop("layers", None)
    except (ValueError, AttributeError):
        raise Error(f"{path}: not one JSON object; expected a policy that `kennel export` wrote") from None
    if "gait" in contract:
        raise Error(f"{path}: a gait has a clock and no layers; see it with: ./kennel play {path}")
    if not isinstance(layers, list) or not layers:
        raise Error(f"{path}: no layers; expected a policy that `kennel export` wrote")
    policy = Policy(path, contract, [_layer(f"{path}: layers[{at}]", layer) for at, layer in enumerate(layers)])
    for at, ((_, bias, _), (weights, _, _)) in enumerate(zip(policy._layers, policy._layers[1:])):
        if len(weights) != len(bias):
            raise Error(f"{path}: layers[{at + 1}] takes {len(weights)} numbers, and the one before gives {len(bias)}")
    golden = contract.get("golden")
    if golden:
        off = np.abs(policy(golden["obs"]) - np.asarray(golden["action"], np.float32)).max()
        if not off <= GOLDEN_TOLERANCE:
            raise Error(f"{path}: its golden action is {off:.2g} off; the file is damaged, export it again")
    return policy


def _layer(where: str, layer: dict[str, Any]) -> tuple[np.ndarray, np.ndarray, str]:
    activation = layer.get("activation", "")
    if activation not in _ACTIVATIONS:
        raise Error(f'{where}: activation "{activation}" is unknown; expected {", ".join(filter(None, _ACTIVATIONS))} or ""')
    try:
        weights, bias = (np.asarray(numbers, np.float32) for numbers in layer["weights"])
    except (KeyError, TypeError, ValueError):
        raise Error(f"{where}: expected weights [W, b], rows of numbers and numbers") from None
    if weights.ndim != 2 or bias.shape != weights.shape[1:]:
        raise Error(f"{where}: W {weights.shape} and b {bias.shape} do not fit")
    return weights, bias, activation
