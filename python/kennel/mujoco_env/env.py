"""`Env`: the walking task over MuJoCo, with the class interface of kennel.Env."""
from __future__ import annotations

import tomllib
from types import MappingProxyType
from typing import Any, Mapping

import numpy as np

from .. import _core
from ..env import MAX_SEED, Env as Native, whole
from ..mujoco_model import find_robot, nominal_model, targets
from . import draws, observation, reward
from .physics import TOUCH, Physics
from .stats import Stats

_SPEC = (
    "robot", "task", "recipe", "model", "num_envs", "num_actions", "obs_size", "privileged_obs_size", "control_dt",
    "max_episode_length", "action_low", "action_high", "obs_terms", "privileged_obs_terms", "device",
)


class Env:
    """As kennel.Env: reset, step, stats, clocks, progress; two buffers that calls write in turn.

    The robots differ as the recipe has it, latencies, sensors' errors and pushes included. What is
    not as there: the random numbers are numpy's, so that a seed gives other episodes; the solver's
    line search is MuJoCo's, of 5 evaluations; `state` and `params` are for reading; nothing is saved
    or loaded. The task is walk.

    Attributes:
      as kennel.Env's; state, params: dictionaries of arrays (num_envs, ...), the last call's.
    """

    def __init__(self, native: Native, *, num_threads: int, output: str):
        if native.task != "walk":
            raise _core.Error(f'backend="mujoco" has the task walk alone, not {native.task}; use backend="kennel"')
        self._policies, self._policy_obs_size = native._policies, native._policy_obs_size  # for save_policy
        for name in _SPEC:
            setattr(self, name, getattr(native, name))
        self.output, self.kernel = output, "mujoco.batch"
        recipe = tomllib.loads(self.recipe)
        self._config, self._reward, self._late = recipe["env"], recipe["env"]["reward"], recipe["env"]["late_reward"]
        if self._config["bfloat16_obs"]:
            raise _core.Error('env.bfloat16_obs = true, which backend="mujoco" has not; leave it out')
        self._random = self._config["randomization"]
        robot = find_robot(nominal_model(native), self._config["target_margin"])
        self._physics = Physics(
            robot, self.num_envs, num_threads, self._config["solver_iterations"], self._random["exact_invweight"]
        )
        self._robot = robot
        self._timestep = float(robot.model.opt.timestep)
        self._push_steps = max(1, round(self._random["push_seconds"] / self.control_dt))
        self._abduction, self._first_pair = self._physics.traits()
        self._late_by_imu = self._random["imu_latency"][1] > 0
        self._closed, self._begun = False, False
        self._seed = recipe["train"]["seed"]
        self._allocate()
        self.progress = 0.0

    def _allocate(self) -> None:
        n = self.num_envs
        self._clock = np.zeros(n, np.int64)
        self._slots, self._slot = [], 0
        sizes = {"obs": self.obs_size, "privileged_obs": self.privileged_obs_size}
        for _ in range(2):
            slot = {name: np.zeros((n, size), np.float32) for name, size in sizes.items()}
            slot.update({f"final_{name}": np.zeros((n, size), np.float32) for name, size in sizes.items()})
            slot["reward"] = np.zeros(n, np.float32)
            slot.update({name: np.zeros(n, bool) for name in ("terminated", "truncated", "command_changed")})
            out = {name: self._array(array) for name, array in slot.items()}
            info = MappingProxyType({name: out[name] for name in ("command_changed", "final_obs", "final_privileged_obs")})
            result = tuple(out[name] for name in ("obs", "privileged_obs", "reward", "terminated", "truncated"))
            self._slots.append((slot, (*result, info)))
        self._clocks = self._array(self._clock)

    def _begin(self, seed: int) -> None:
        """Everything anew, with other random numbers."""
        n = self.num_envs
        self._rng = np.random.default_rng(seed)
        self._s: dict[str, np.ndarray] = {
            "command": np.zeros((n, 3)), "command_age": np.zeros(n), "episode_return": np.zeros(n), "air_time": np.zeros((n, 4)),
            **{name: np.zeros((n, 12)) for name in ("action", "previous_action", "action_before_previous")},
        }
        self._p = draws.params(self._rng, self._random, self._timestep, n)
        self._next_delay = {name: self._p[name].copy() for name in ("action_delay", "imu_delay")}
        self._imu_early = np.zeros((n, 6))
        self._frames = observation.first_frames(n, self._config["history"])
        self._push_phase = np.zeros(n, np.int64)
        self._start_clock = np.zeros(n, np.int64)
        self._stats = Stats(self.control_dt)
        self._begun = False

    def reset(self, mask: Any = None, *, seed: int | None = None) -> tuple[Any, Any]:
        """As kennel.Env.reset."""
        self._check_open()
        if mask is not None and seed is not None:
            raise ValueError("reset takes a mask or a seed, not both: a seed begins everything anew")
        seed = whole("seed", seed, 0, MAX_SEED)
        if seed is not None or not self._begun:
            if mask is not None:
                raise RuntimeError("nothing was reset yet; call reset() without a mask first")
            self._begin(self._seed if seed is None else seed)
        ids = np.arange(self.num_envs)
        if mask is not None:
            chosen = np.asarray(mask)
            if chosen.dtype != bool or chosen.shape != (self.num_envs,):
                raise TypeError(f"mask is {chosen.dtype} of shape {chosen.shape}; expected bool ({self.num_envs},)")
            ids = np.flatnonzero(chosen)
        slot, result = self._next_slot()
        self._restart(ids, slot)
        self._begun = True
        return result[:2]

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, Any, Mapping[str, Any]]:
        """As kennel.Env.step."""
        self._check_open()
        if not self._begun:
            raise RuntimeError("nothing was reset yet; call reset() before step()")
        given = np.asarray(actions)
        if given.dtype != np.float32:
            raise TypeError(f"actions are {given.dtype}; expected float32")
        if given.shape != (self.num_envs, self.num_actions) or not np.isfinite(given).all():
            raise ValueError(f"actions of shape {given.shape}; expected ({self.num_envs}, {self.num_actions}), all finite")
        slot, result = self._next_slot()
        self._act(given)
        sample, warned = self._simulate()
        self._clock += 1
        sane, values = self._look(warned)
        terminated = self._seen["fell"]
        truncated = (self._clock >= self.max_episode_length) & ~terminated
        slot["reward"][:] = reward.total(values, self._numbers, self.control_dt, self._reward["only_positive"])
        self._s["episode_return"] += slot["reward"]
        self._stats.count(values, slot["reward"], self._seen, sane, self._s["episode_return"], terminated, truncated,
                          self._clock - self._start_clock)
        slot["terminated"][:], slot["truncated"][:] = terminated, truncated
        self._s["command_age"] += 1
        changed, command = self._draw_change(terminated | truncated)
        feet, elbows = self._seen["foot_height"] < TOUCH, self._seen["elbow_height"] < TOUCH
        with np.errstate(invalid="ignore"):
            self._observe(sample)
            slot["privileged_obs"][:] = observation.privileged({**self._s, **self._p}, self._robot.pose, feet, elbows)
        slot["obs"][:] = self._frames.reshape(self.num_envs, -1)
        slot["command_changed"][:] = changed
        ended = terminated | truncated
        for name in ("obs", "privileged_obs"):
            kept = ended | changed
            slot[f"final_{name}"][kept] = np.where(sane[kept, None], slot[name][kept], 0.0)
        self._tell(changed, command, slot)
        if ended.any():
            self._restart(np.flatnonzero(ended), slot)
        return result

    def _next_slot(self):
        """The other buffers, with the observations that were written last."""
        last = self._slots[self._slot][0]
        self._slot = 1 - self._slot
        slot, result = self._slots[self._slot]
        for name in ("obs", "privileged_obs"):
            slot[name][:] = last[name]
        return slot, result

    def _act(self, actions: np.ndarray) -> None:
        """Queues the actions, pushes where it is due, and draws delays where they jitter."""
        s = self._s
        s["action_before_previous"], s["previous_action"] = s["previous_action"], s["action"]
        s["action"] = np.clip(actions.astype(np.float64), -1.0, 1.0)
        due = np.flatnonzero(self._push_is_due())
        self._physics.qvel[due, :2] += draws.within(self._rng, self._random["push_velocity"], len(due), 2)
        for name in ("action_delay", "imu_delay"):
            self._p[name] = self._next_delay[name]
        if self._random["latency_jitter"]:
            self._next_delay = draws.delays(self._rng, self._random, self._timestep, self.num_envs)

    def _push_is_due(self) -> np.ndarray:
        return (self._clock > 0) & ((self._clock + self._push_phase) % self._push_steps == 0)

    def _simulate(self) -> tuple[np.ndarray, np.ndarray]:
        """Runs the physics, each step with the action that has arrived; returns the IMU sample that reaches the controller."""
        s, n = self._s, self._config["decimation"]
        behind = self._p["action_delay"][:, None] - np.arange(n)  # physics steps until the newest action arrives
        old, older = (behind > 0)[:, :, None], (behind > n)[:, :, None]
        action = np.where(older, s["action_before_previous"][:, None], np.where(old, s["previous_action"][:, None], s["action"][:, None]))
        ctrl = targets(self._robot, self._config["action_scale"], action, self._p["joint_offset"][:, None])
        before = self._s.get("joint_velocity")
        orientation, omega, warned = self._physics.step(ctrl)
        self._s.update(self._physics.state(), joint_velocity_before=before)
        rows, delay, ahead = np.arange(self.num_envs), self._p["imu_delay"].astype(int), self._next_delay["imu_delay"].astype(int)
        pick = lambda k: observation.imu(_unit(orientation[rows, k]), omega[rows, k])  # noqa: E731
        sample = np.where((delay > n)[:, None], self._imu_early, pick(np.clip(n - delay, 0, n)))
        if self._late_by_imu:
            self._imu_early = np.where((ahead > n)[:, None], pick(np.clip(2 * n - ahead, 0, n)), self._imu_early)
        return sample, warned

    def _look(self, warned: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """What happened: fills `_seen`, counts air time; returns where nothing diverged, and the terms."""
        s, report = self._s, self._physics.report()
        with np.errstate(invalid="ignore", over="ignore"):
            speed2 = sum((s[name] ** 2).sum(axis=1) for name in ("base_velocity", "base_angular_velocity", "joint_velocity"))
            sane = ~warned & np.isfinite(self._physics.qpos).all(axis=1) & (speed2 < 1e6)
            up_z = observation.up_in_base(s["base_orientation"])[:, 2]
            fell = ~sane | (up_z < np.cos(self._config["max_tilt"])) | (s["base_position"][:, 2] < self._config["min_height"])
            touching = report["foot_height"] < TOUCH
            self._seen = {
                **s, **report, "fell": fell,
                "foot_contact": touching.astype(np.float64),
                "touch_down": touching & (s["air_time"] > 0),
                "air_time_before": s["air_time"],
                "elbow_contact": (report["elbow_height"] < 0).astype(np.float64),
            }
            values = reward.terms(self._seen, self._numbers, self.control_dt, self._robot.pose, self._abduction, self._first_pair)
        s["air_time"] = np.where(touching, 0.0, s["air_time"] + self.control_dt)
        return sane, {name: np.where(sane, value, 0.0) for name, value in values.items()}

    def _draw_change(self, ended: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where a command changes from now on, and to what."""
        c, n = self._config["command"], self.num_envs
        if self._progress < c["change_from"]:
            return np.zeros(n, bool), self._s["command"]
        gate = self._rng.random(n)
        changed = (gate < c["change_probability"]) | (self._push_is_due() & (gate < c["change_at_push"]))
        return changed & ~ended, draws.commands(self._rng, c, n)

    def _tell(self, changed: np.ndarray, command: np.ndarray, slot: Mapping[str, np.ndarray]) -> None:
        """Gives the new command, in the newest frame too: the robot will have observed it by then."""
        self._s["command"] = np.where(changed[:, None], command, self._s["command"])
        self._s["command_age"] = np.where(changed, 0.0, self._s["command_age"])
        self._frames[changed, 0, observation.COMMAND] = command[changed]
        for name in ("obs", "privileged_obs"):
            slot[name][changed, observation.COMMAND] = command[changed]

    def _observe(self, sample: np.ndarray, ids: Any = slice(None)) -> None:
        """Puts a new frame in front of the history."""
        s, p, c = self._s, self._p, self._random
        n = len(sample)
        half = np.repeat([c["gyro_noise"], c["gravity_noise"]], 3)
        reading = observation.imu_reading(sample, p["imu_tilt"][ids], half * self._rng.uniform(-1, 1, (n, 6)))
        joints = s["joint_position"][ids] + p["joint_offset"][ids] - self._robot.pose
        joints = joints + c["joint_noise"] * self._rng.uniform(-1, 1, (n, 12))
        self._frames[ids, 1:] = self._frames[ids, :-1].copy()
        self._frames[ids, 0] = observation.frame(reading, s["command"][ids], joints, s["action"][ids])

    def _restart(self, ids: np.ndarray, slot: Mapping[str, np.ndarray]) -> None:
        """New episodes, and their first observations."""
        n, rng, c = len(ids), self._rng, self._random
        params = draws.params(rng, c, self._timestep, n)
        start = draws.start(rng, c, self._robot.pose, n)
        self._physics.restart(ids, params, start)
        for name, values in params.items():
            self._p[name][ids] = values
        for name in self._next_delay:
            self._next_delay[name] = self._next_delay[name].copy()
            self._next_delay[name][ids] = params[name]
        for name in ("command_age", "episode_return", "air_time", "action", "previous_action", "action_before_previous"):
            self._s[name] = self._s[name].copy()
            self._s[name][ids] = 0.0
        self._s["command"][ids] = draws.commands(rng, self._config["command"], n)
        self._s.update(self._physics.state())
        first = not self._begun and self._config["random_first_clock"]
        self._start_clock[ids] = rng.integers(self.max_episode_length, size=n) if first else 0
        self._clock[ids] = self._start_clock[ids]
        self._push_phase[ids] = rng.integers(self._push_steps, size=n) if c["random_push_phase"] else 0
        sample = observation.imu(self._s["base_orientation"][ids], self._s["base_angular_velocity"][ids])
        self._imu_early[ids] = sample
        self._frames[ids] = observation.first_frames(n, self._config["history"])
        self._observe(sample, ids)
        rows = {name: values[ids] for name, values in {**self._s, **self._p}.items() if values is not None}
        nothing = np.zeros((n, 4))
        slot["obs"][ids] = self._frames[ids].reshape(n, -1)
        slot["privileged_obs"][ids] = observation.privileged(rows, self._robot.pose, nothing, nothing)

    @property
    def state(self) -> dict[str, np.ndarray]:
        return {name: values for name, values in self._s.items() if values is not None}

    @property
    def params(self) -> dict[str, np.ndarray]:
        return dict(self._p)

    @property
    def episode_length(self) -> Any:
        """Control steps since each episode's start, (num_envs) int64; current and writable."""
        return self._clocks

    @episode_length.setter
    def episode_length(self, steps: Any) -> None:
        self._clock[:] = np.asarray(steps)

    @property
    def progress(self) -> float:
        """How far training is, from 0 to 1."""
        return self._progress

    @progress.setter
    def progress(self, fraction: float) -> None:
        self._progress = float(fraction)
        self._numbers = reward.at(self._reward, self._late, self._progress)

    def stats(self) -> dict[str, float]:
        """Means since the last call, by the names of kennel.Env.stats."""
        return self._stats.drain()

    def close(self) -> None:
        """Gives the batch and its threads back."""
        if not self._closed:
            self._closed = True
            self._physics = None

    @property
    def closed(self) -> bool:
        return self._closed

    def __enter__(self) -> Env:
        return self

    def __exit__(self, *exception: Any) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<kennel.mujoco_env.Env {self.robot}, {self.task}: {self.num_envs} x {self.obs_size} -> {self.num_actions}>"

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError("the environments are closed; make new ones")

    def _array(self, array: np.ndarray) -> Any:
        if self.output == "numpy":
            return array
        import torch

        return torch.from_numpy(array)


def _unit(q: np.ndarray) -> np.ndarray:
    return q / np.linalg.norm(q, axis=1, keepdims=True)
