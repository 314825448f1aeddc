"""Policies: `load_policy`, `Policy`, `export`."""
from __future__ import annotations

import json
import os
import warnings
from typing import Any

import numpy as np

from . import _core, native


class Policy:
    """A trained policy: observations in, actions out, computed in float as the robot computes it.

        policy = kennel.load_policy("runs/walk")     # or a policy.json
        actions = policy(obs)                        # (N, obs_size) -> (N, num_actions), or (D,) -> (A,)

    Attributes:
      obs_size, num_actions: of one observation and one action. control_dt: seconds between two actions.
      robot: its name, "" for a policy of a task without one. task: what it was trained to do.
      env_steps: of its training, None where the file does not say it.
      is_gait: whether it is a gait, which has a clock (`reset`), and not a network.
      golden: (obs, action) as the file carries it, (obs_size,) and (num_actions,) float32.
      contract: what its file says beside its layers, by the file's keys: joint_names, observation, kp, ...
    """

    def __init__(self, file: _core.PolicyFile):
        self._file = file
        for name in ("path", "obs_size", "num_actions", "robot", "task", "control_dt", "is_gait", "env_steps"):
            setattr(self, name, getattr(file, name))
        self._contract: dict[str, Any] | None = None
        self.golden = (np.array(file.golden_obs, np.float32), np.array(file.golden_action, np.float32))

    def __repr__(self) -> str:
        who = f"{self.robot}, {self.task}" if self.robot else self.task
        return f"kennel.Policy({self.path!r}: {who}, {self.obs_size} -> {self.num_actions})"

    def __call__(self, obs: Any) -> Any:
        """The action of a control step for each observation.

        Args:
          obs: (N, obs_size) or (obs_size,) float32 on the CPU, numpy or torch.

        Returns the actions, (N, num_actions) or (num_actions,) float32: a new array, a tensor where `obs` is one.
        A gait has a clock a row, which goes on with every call; another number of rows begins anew.
        """
        is_tensor = type(obs).__module__.split(".")[0] == "torch"
        rows = obs.detach() if is_tensor else obs
        shape = getattr(rows, "shape", None)
        if shape is None:
            raise TypeError(f"obs is a {type(obs).__name__}; expected an array, try numpy.asarray(obs, numpy.float32)")
        if len(shape) not in (1, 2) or shape[-1] != self.obs_size:
            raise ValueError(f"obs: expected shape (N, {self.obs_size}) or ({self.obs_size},), got {tuple(shape)}")
        single = len(shape) == 1
        if single:
            rows = rows[None]
        actions = np.empty((rows.shape[0], self.num_actions), np.float32)
        if rows.shape[0] > 0:
            self._file.act(rows, actions, rows.shape[0])
        if single:
            actions = actions[0]
        if is_tensor:
            import torch

            return torch.from_numpy(actions)
        return actions

    @property
    def contract(self) -> dict[str, Any]:
        if self._contract is None:
            self._contract = json.loads(self._file.json())
            self._contract.pop("layers", None)
        return self._contract

    def reset(self) -> None:
        """An episode begins: the clocks of a gait start anew. A network has none."""
        self._file.reset()


def load_policy(path: str | os.PathLike) -> Policy:
    """Reads a policy: the robot's JSON, or the folder of a run.

    ONNX and TorchScript files, and runs whose newest checkpoint has no policy.json yet, need torch.

    Raises:
      kennel.Error: the file is damaged or foreign. ImportError: torch is needed and not there.
    """
    path = os.fspath(path)
    if _core.is_readable(path):
        return Policy(_core.load_policy(path))
    return Policy(_core.policy_of_text(path, native.module().policy_json(path, "last")))


def export(
    run: Policy | str | os.PathLike, path: str | os.PathLike, format: str = "json", checkpoint: str | int = "last"
) -> str:
    """Writes a policy for the robot and for other software, as `kennel export` does.

    Args:
      run: folder of a run, a policy file to convert, or a `Policy`.
      path: file to write. format: "json", "c", and with torch "onnx" or "torchscript".
      checkpoint: of a run: "last", "best" or a number of steps; others than the last need torch.

    Returns `path`. Warns of what the robot's own controller would do otherwise.
    """
    out = os.fspath(path)
    if isinstance(run, Policy):
        policy = run
    elif checkpoint == "last":
        policy = load_policy(run)
    else:
        run = os.fspath(run)
        policy = Policy(_core.policy_of_text(run, native.module().policy_json(run, str(checkpoint))))
    if format not in ("json", "c", "onnx", "torchscript"):
        raise _core.Error(f'format = "{format}" is unknown; expected json, onnx, torchscript or c')
    if policy._file.warning:
        warnings.warn(policy._file.warning, stacklevel=2)
    if format in ("json", "c"):
        policy._file.write(out, format)
    else:
        native.module().write_policy(policy.path, policy._file.json(), format, out)
    return out
