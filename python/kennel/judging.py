"""What a policy is worth: `judge`, `report`."""
from __future__ import annotations

import json
import math
import os
from typing import Any, Sequence

from . import _core, native
from .env import MAX_SEED, whole
from .policy import Policy, load_policy

FIRST_PUBLISHED_SEED = 1000  # seeds from here on are for published figures, by which nothing is chosen
_EPISODES = 96  # of a robot's policy
_SMALL_EPISODES = 1000  # of a task without a robot


def judge(
    policy: Policy | str | os.PathLike,
    episodes: int | None = None,
    seed: int = FIRST_PUBLISHED_SEED,
    condition: str = "nominal",
    physics: str = "mujoco",
    *,
    command: Sequence[float] | None = None,
    model: str | os.PathLike | None = None,
    num_threads: int = 0,
) -> dict[str, Any]:
    """Scores a policy by the judge's protocol: what `kennel eval --json` prints, as a dictionary.

    Args:
      policy: a `Policy`, a policy file or the folder of a run.
      episodes: None: 96, of a task without a robot 1000.
      seed: of commands and randomisation; below 1000 for tuning, from there on for published figures.
      condition: "nominal", "randomised" or "shifted".
      physics: "mujoco", the reference; "kennel", the training simulator; "exact", it in double.
      command: told all the time, in the place of random ones; of a walk (vx, vy, yaw rate) in m/s and rad/s.
      model: MJCF to play in; None: that of the run or of the policy's robot.
      num_threads: 0: one a core; results do not depend on it.

    Returns "falls", "velocity_rmse" and so on by the names of the command's output; without data NaN. A policy
    of a task without a robot has "return", "standard_error", "best_return", and needs torch.

    Raises:
      kennel.Error: a name, number, policy or model that does not fit. KeyboardInterrupt: at Ctrl-C, at once.
    """
    if not isinstance(policy, Policy):
        policy = load_policy(policy)
    seed = whole("seed", seed, 0, MAX_SEED)
    episodes = whole("episodes", episodes, 1, 1_000_000)
    threads = whole("num_threads", num_threads, 0, 1 << 16)
    if command is not None:
        command = [float(told) for told in command]
        if len(command) != 3 or not all(abs(told) <= 10.0 for told in command):
            raise _core.Error(f"command = {command}; expected three numbers from -10 to 10")
    if policy.robot:
        model = os.fspath(model) if model is not None else ""
        text = _core.judge(
            policy._file, condition, physics, episodes or _EPISODES, seed, threads, model, command
        )
    else:
        if (condition, physics, command, model) != ("nominal", "mujoco", None, None):
            raise _core.Error(
                f"{policy.path} is a policy of the task {policy.task}, which has no robot; "
                "leave condition, physics, command and model out"
            )
        text = native.module().judge_task(policy.path, policy._file.json(), episodes or _SMALL_EPISODES, seed)
    return {key: math.nan if value is None else value for key, value in json.loads(text).items()}


def report(
    run: str | os.PathLike,
    out: str | os.PathLike | None = None,
    *,
    episodes: int = _EPISODES,
    seed: int = FIRST_PUBLISHED_SEED,
    sweeps: bool = True,
    num_threads: int = 0,
) -> str:
    """Writes the page of a run or of a policy file, as `kennel report` does; needs torch.

    Args:
      run: folder of a run, or a policy file of a robot.
      out: file to write; None: report.html in the run, POLICY.html beside a file.
      episodes: of the judge, a condition and physics; 0: none. seed: of the episodes.
      sweeps: with what takes longest, sweeps and the grid of commands. num_threads: 0: one a core.

    Returns the path of the page.
    """
    episodes = whole("episodes", episodes, 0, 1_000_000)
    seed = whole("seed", seed, 0, MAX_SEED)
    threads = whole("num_threads", num_threads, 0, 1 << 16)
    page = native.module().report(
        os.fspath(run), os.fspath(out) if out is not None else "", episodes, seed, bool(sweeps), threads
    )
    return os.fspath(page)
