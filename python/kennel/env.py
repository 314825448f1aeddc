"""`Env`: a batch of environments whose arrays are the simulator's memory."""
from __future__ import annotations

from types import MappingProxyType
from typing import Any, Iterator, Mapping, NamedTuple

from . import _core


def whole(name: str, value: Any, low: int, high: int) -> int | None:
    """A whole number in bounds, or None."""
    if value is None:
        return None
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name} = {value!r} is a {type(value).__name__}; expected a whole number")
    number = value.__index__()
    if not low <= number <= high:
        raise _core.Error(f"{name} = {number}; expected {low} to {high}")
    return number


MAX_SEED = 1 << 53


class Term(NamedTuple):
    """Consecutive numbers of an observation."""

    name: str
    size: int
    offset: int  # where it begins in an observation
    scale: float  # applied before the policy sees it
    unit: str
    low: float  # of each number before the scale, where nothing is measured wrong
    high: float


class Field(NamedTuple):
    """A named quantity of an environment."""

    name: str
    shape: tuple[int, ...]  # of one environment's; an array has (num_envs, *shape)
    unit: str
    writable: bool


class Views(Mapping):
    """Named arrays (num_envs, ...) of float32 that stay current.

    `views[name]` is the same array each time. It shows the environments as they are after every call
    of the environment, without being asked for again, and what is written into it takes effect with
    the next call: `env.params["friction"][:] = 0.4`. So does `views[name] = values`. Each one that
    was asked for costs a copy of its numbers a step; `fields` lists what there is, with units.
    """

    def __init__(self, env: Env, fields: Mapping[str, Field]):
        self._env, self.fields = env, MappingProxyType(dict(fields))
        self._arrays: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._arrays:
            self._arrays[name] = self._env._bound(name, self.fields)
        return self._arrays[name]

    def __setitem__(self, name: str, values: Any) -> None:
        array = self[name]
        if not self.fields[name].writable:
            raise ValueError(f"{name} follows from the rest of the state; it can be read alone")
        array[...] = values

    def __iter__(self) -> Iterator[str]:
        return iter(self.fields)

    def __len__(self) -> int:
        return len(self.fields)

    def __repr__(self) -> str:
        return "\n".join(f"{f.name} {f.shape}: {f.unit}" for f in self.fields.values())


class Env:
    """A batch of environments that reset themselves. Made by `kennel.make`.

    Arrays are the simulator's own memory, never copies. There are two of each kind, which calls
    write in turn: what a call returned stays as it was until the call after the next one. Whoever
    keeps it longer makes a copy. All of them outlive `close`, and the environment.

    An episode that ends is reset within the step: `obs` is then the new episode's first, and
    `info["final_obs"]` has the ended one's last. A change of command is neither: the episode goes
    on, and `info["command_changed"]` says so.

    One call at a time: another thread that steps at the same time gets a RuntimeError, as does a
    forked process. The GIL is released while environments are stepped.

    Attributes:
      num_envs, num_actions, obs_size, privileged_obs_size: sizes.
      control_dt: s that a step advances. max_episode_length: control steps until a truncation.
      action_low, action_high: bounds that actions are clamped to.
      obs_terms, privileged_obs_terms: what observations are made of, a tuple of `Term`.
      state, params: named quantities, see `Views`; params are drawn anew at each reset.
      robot, task: names. recipe: the resolved recipe, TOML. kernel: what code steps them.
      model: where it is no shipped one, the file that was given and its edits; else None.
    """

    def __init__(
        self,
        simulator: _core.Simulator,
        robot: str,
        task: str,
        recipe: str,
        policies: _core.PolicyMaker,
        *,
        output: str,
        model: tuple[str, dict[str, Any]] | None = None,
    ):
        self._simulator, self._policies = simulator, policies
        self.robot, self.task, self.recipe, self.output, self.model = robot, task, recipe, output, model
        self.device = "cpu"
        spec = simulator.spec
        self._bfloat16 = spec["bfloat16_obs"]
        if self._bfloat16 and output == "numpy":
            raise _core.Error('env.bfloat16_obs = true, and numpy has no such numbers; use output="torch" or leave it out')
        self.num_envs: int = spec["num_envs"]
        self.num_actions: int = spec["num_actions"]
        self.obs_size: int = spec["obs_size"]
        self._policy_obs_size = self.obs_size  # without extra_obs
        self.privileged_obs_size: int = spec["privileged_obs_size"]
        self.control_dt: float = spec["control_dt"]
        self.max_episode_length: int = spec["max_episode_length"]
        self.action_low: float = spec["action_low"]
        self.action_high: float = spec["action_high"]
        self.kernel: str = spec["kernel"]
        self.obs_terms = _terms(spec["obs_terms"], self.obs_size)
        self.privileged_obs_terms = _terms(spec["privileged_obs_terms"], self.privileged_obs_size)
        self.state, self.params = (
            Views(self, {f[0]: Field(f[0], f[1], f[2], f[4]) for f in simulator.fields if f[3] is of_params})
            for of_params in (False, True)
        )
        self._clocks = None
        self._progress = 0.0
        # What calls return was made once: a step makes no object.
        self._observations, self._results = [], []
        for index in (0, 1):
            slot = {name: self._array(array) for name, array in simulator.slot(index).items()}
            info = {name: slot[name] for name in ("command_changed", "final_obs", "final_privileged_obs")}
            self._observations.append((slot["obs"], slot["privileged_obs"]))
            self._results.append((
                slot["obs"], slot["privileged_obs"], slot["reward"], slot["terminated"], slot["truncated"],
                MappingProxyType(info),
            ))

    def reset(self, mask: Any = None, *, seed: int | None = None) -> tuple[Any, Any]:
        """Starts new episodes: everywhere, or where `mask` is True.

        Args:
          mask: (num_envs,) bool; None: all.
          seed: begins anew with other random numbers, as `make` with this seed; not with a mask.

        Returns:
          obs (num_envs, obs_size) and privileged_obs (num_envs, privileged_obs_size), float32; rows
          of environments that were not reset are as they were.

        Raises:
          TypeError, ValueError: a mask of another type or shape. RuntimeError: closed.
        """
        if mask is None:
            return self._observations[self._simulator.reset(whole("seed", seed, 0, MAX_SEED))]
        if seed is not None:
            raise ValueError("reset takes a mask or a seed, not both: a seed begins everything anew")
        return self._observations[self._simulator.reset_masked(mask)]

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, Any, Mapping[str, Any]]:
        """Advances every environment by a control step.

        Args:
          actions: (num_envs, num_actions) float32, contiguous, on the CPU, finite; numpy, torch or
            whatever speaks DLPack.

        Returns:
          obs (num_envs, obs_size), privileged_obs (num_envs, privileged_obs_size), reward (num_envs)
          of float32, terminated and truncated (num_envs) of bool, and info, which has
          command_changed (num_envs) bool, and final_obs and final_privileged_obs, shaped as the
          observations: what was observed last before an end or a change of command, in the rows
          where one came; other rows mean nothing.

        Raises:
          TypeError: another type or device. ValueError: another shape, or numbers that are not
          finite; nothing is stepped then. RuntimeError: closed, not reset, or in use elsewhere.
        """
        return self._results[self._simulator.step(actions)]

    @property
    def episode_length(self) -> Any:
        """Control steps since each episode's start, (num_envs) int64; current and writable as `state` is."""
        if self._clocks is None:
            self._clocks = self._array(self._simulator.clocks())
        return self._clocks

    @episode_length.setter
    def episode_length(self, steps: Any) -> None:
        self._simulator.set_clocks(steps)

    @property
    def progress(self) -> float:
        """How far training is, from 0 to 1: what the recipe's schedules follow."""
        return self._progress

    @progress.setter
    def progress(self, fraction: float) -> None:
        fraction = float(fraction)
        self._simulator.set_progress(fraction)
        self._progress = fraction

    def stats(self) -> dict[str, float]:
        """Means since the last call, by the names that a run's log has."""
        return self._simulator.stats()

    def save_state(self) -> bytes:
        """All environments, so that they go on bit for bit after `load_state`."""
        return self._simulator.save_state()

    def load_state(self, state: bytes) -> None:
        """Raises kennel.Error where the state belongs to other environments."""
        if not isinstance(state, bytes):
            raise TypeError(f"state is a {type(state).__name__}; expected the bytes that save_state returned")
        self._simulator.load_state(state)

    def mujoco(self, index: int = 0) -> tuple[Any, Any]:
        """An environment as MuJoCo has it: to render, to compare, to hand over. Needs the package mujoco.

        The model is the robot's own with this environment's parameters: friction, masses, inertias,
        centre of mass, servos, joints. The data holds its state; `ctrl` the targets of its last
        action, as if they had arrived, less `joint_offset`. The solver runs to its end (100 Newton
        iterations), where training takes the recipe's few; geoms touch each other as the file says,
        where Kennel's touch the floor alone.

        Not carried, because MuJoCo has no place for it: latencies and what is on its way,
        `imu_tilt`, noise, older frames, command, the solver's warm start. Both are copies, made
        anew in milliseconds.

        Args:
          index: of the environment, from 0.

        Returns:
          (mujoco.MjModel, mujoco.MjData), after mj_forward.

        Raises:
          kennel.Error: an index out of bounds, a task without a robot, a model that a recipe's file
          names. RuntimeError: closed.
        """
        if "base_position" not in self.state.fields:
            raise _core.Error(f"the task {self.task} has no robot, which MuJoCo could show")
        from .mujoco_model import model_and_data

        return model_and_data(self, whole("index", index, 0, self.num_envs - 1))

    def close(self) -> None:
        """Gives environments and threads back; may be called again. Arrays stay readable."""
        self._simulator.close()

    @property
    def closed(self) -> bool:
        return self._simulator.closed

    def __enter__(self) -> Env:
        return self

    def __exit__(self, *exception: Any) -> None:
        self.close()

    def __repr__(self) -> str:
        of = f"{self.robot}, {self.task}" if self.robot else self.task
        return f"<kennel.Env {of}: {self.num_envs} x {self.obs_size} -> {self.num_actions}, {self.kernel}>"

    def _bound(self, name: str, fields: Mapping[str, Field]) -> Any:
        if name not in fields and any(f[0] == name for f in self._simulator.fields):
            raise KeyError(f"{name} is in {'params' if fields is self.state.fields else 'state'}")
        try:
            return self._array(self._simulator.view(name))
        except _core.Error as error:
            raise KeyError(str(error)) from None

    def _array(self, array: Any) -> Any:
        """numpy's array, or the tensor of the same memory."""
        if self.output == "numpy":
            return array
        import torch

        tensor = torch.from_numpy(array)
        return tensor.view(torch.bfloat16) if array.dtype == "uint16" else tensor


def _terms(rows: list[tuple], size: int) -> tuple[Term, ...]:
    """Terms with their places; of a history each frame's."""
    frame = sum(row[1] for row in rows)
    terms, offset = [], 0
    for age in range(size // frame if frame else 0):
        for name, length, scale, unit, low, high in rows:
            terms.append(Term(name if age == 0 else f"{name}[-{age}]", length, offset, scale, unit, low, high))
            offset += length
    return tuple(terms)
