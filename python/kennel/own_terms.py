"""Rewards, observations and curricula of your own, as Python functions over the whole batch."""
from __future__ import annotations

from types import MappingProxyType
from typing import Any, Callable, Iterator, Mapping

import numpy as np

from . import _core
from .env import Env, Term


class Moment(Mapping):
    """What is true at a moment, by the names of `env.privileged_obs_terms`.

    `now["base_linear_velocity"]` is (num_envs, 3) float32, in the term's unit, before the scale. Of a small task
    without privileged terms the observation's. It is to be read, and valid while the function runs.

    Attributes:
      reward: (num_envs) float32, the native one. terminated, truncated, command_changed: (num_envs) bool, of the step.
    """

    def __init__(self, terms: tuple[Term, ...]):
        self._terms = {term.name: term for term in terms}
        self._rows: Any = None
        self.reward = self.terminated = self.truncated = self.command_changed = None

    def __getitem__(self, name: str) -> Any:
        if name not in self._terms:
            raise KeyError(f"{name} is none of {', '.join(self._terms)}; env.state has more")
        term = self._terms[name]
        columns = self._rows[:, term.offset : term.offset + term.size]
        return columns if term.scale == 1.0 else columns / term.scale

    def __iter__(self) -> Iterator[str]:
        return iter(self._terms)

    def __len__(self) -> int:
        return len(self._terms)


class OwnEnv(Env):
    """An `Env` whose reward, observation or curriculum is somebody's own, see `kennel.make`."""

    def __init__(self, *made: Any, own: Mapping[str, Callable], **as_env: Any):
        super().__init__(*made, **as_env)
        self._own = own
        privileged = self.privileged_obs_size > 0
        self._truth_at = 1 if privileged else 0  # in (obs, privileged_obs)
        self._now = Moment(self.privileged_obs_terms if privileged else self.obs_terms)
        self._nothing = tuple(_like(flags) for flags in (self._results[0][2], self._results[0][3]))
        self._extra_columns = 0
        extra = self._extra_size()
        self._returns = [self._wide(slot, extra) for slot in (0, 1)]
        self._last = 0

    def reset(self, mask: Any = None, *, seed: int | None = None) -> tuple[Any, Any]:
        native = super().reset(mask, seed=seed)
        slot = self._slot(native)
        reward, flags = self._nothing
        self._set(native[self._truth_at], reward, flags, flags, flags)
        if "curriculum" in self._own:
            began = ~self._nothing[1] if mask is None else self._result_like(mask)
            self._own["curriculum"](self, began)
        wide, before = self._returns[slot][:2], self._returns[self._last][:2]
        if "extra_obs" in self._own:
            self._fill(wide, native, self._extra())
            if mask is not None:
                others = ~self._result_like(mask)
                for to, of in zip(wide, before):
                    to[others] = of[others]
        self._last = slot
        return wide

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, Any, Mapping[str, Any]]:
        native = super().step(actions)
        obs, privileged_obs, reward, terminated, truncated, info = native
        slot = self._slot(native)
        wide = self._returns[slot]
        final = (info["final_obs"], info["final_privileged_obs"])
        ended = terminated | truncated
        cut = ended | info["command_changed"]
        flags = (terminated, truncated, info["command_changed"])
        any_cut = bool(cut.any())
        reached = native[self._truth_at]
        if any_cut:  # as the step left them, before what began anew
            reached = _copy(reached)
            reached[cut] = final[self._truth_at][cut]
        self._set(reached, reward, *flags)
        if self._own.keys() & {"reward", "extra_reward"}:
            own = self._scalar("reward") if "reward" in self._own else reward
            more = self._scalar("extra_reward") if "extra_reward" in self._own else 0.0
            wide[2][...] = own + more
        if any_cut and "extra_obs" in self._own:
            self._fill((wide[5]["final_obs"], wide[5]["final_privileged_obs"]), final, self._extra())
        if "curriculum" in self._own:
            self._own["curriculum"](self, ended)
        if "extra_obs" in self._own:
            self._set(native[self._truth_at], reward, *flags)
            self._fill(wide[:2], (obs, privileged_obs), self._extra())
        self._last = slot
        return wide

    def _slot(self, native: tuple) -> int:
        return 0 if native[0] is self._observations[0][0] else 1

    def _result_like(self, mask: Any) -> Any:
        if self.output == "numpy":
            return np.asarray(mask)
        import torch

        return torch.as_tensor(mask)

    def _set(self, rows: Any, reward: Any, terminated: Any, truncated: Any, command_changed: Any) -> None:
        now = self._now
        now._rows = rows.float() if self._bfloat16 else rows
        now.reward, now.terminated, now.truncated, now.command_changed = reward, terminated, truncated, command_changed

    def _scalar(self, kind: str) -> Any:
        return self._checked(kind, self._own[kind](self, self._now), (self.num_envs,))

    def _extra(self) -> Any:
        return self._checked("extra_obs", self._own["extra_obs"](self, self._now), (self.num_envs, self._extra_columns))

    def _checked(self, kind: str, value: Any, shape: tuple[int, ...], finite: bool = True) -> Any:
        """A function's numbers, or an error in one line that names it."""
        name = f"{kind} = {_name(self._own[kind])}"
        expected = f"expected {self.output} {shape} float32"
        kinds = f"{type(value).__module__}.{type(value).__name__}"
        if kinds != ("numpy.ndarray" if self.output == "numpy" else "torch.Tensor"):
            raise TypeError(f"{name} returned a {kinds}; {expected}")
        if str(value.dtype).removeprefix("torch.") != "float32":
            raise TypeError(f"{name} returned {value.dtype}; {expected}, try .astype or .float()")
        if tuple(value.shape) != shape:
            raise _core.Error(f"{name} returned the shape {tuple(value.shape)}; {expected}")
        if finite and not np.isfinite(float(value.sum())):  # one pass, unless something is wrong
            wrong = np.argwhere(~np.isfinite(np.asarray(value.detach() if hasattr(value, "detach") else value)))
            if len(wrong):
                raise _core.Error(f"{name}: a number of environment {wrong[0][0]} is not finite; expected finite numbers")
        return value

    def _extra_size(self) -> int:
        """How many columns extra_obs has: it is asked once, of environments that have not begun."""
        if "extra_obs" not in self._own:
            return 0
        reward, flags = self._nothing
        self._set(_like(self._observations[0][self._truth_at]), reward, flags, flags, flags)
        with np.errstate(all="ignore"):
            value = self._own["extra_obs"](self, self._now)
        shape = tuple(getattr(value, "shape", ()))
        if len(shape) != 2 or shape[1] < 1:
            name = _name(self._own["extra_obs"])
            raise _core.Error(f"extra_obs = {name} returned the shape {shape}; expected ({self.num_envs}, columns), at least one column")
        self._checked("extra_obs", value, (self.num_envs, shape[1]), finite=False)
        self._extra_columns = shape[1]
        term = (_name(self._own["extra_obs"]), shape[1])
        own = (1.0, "as the function has it", -float("inf"), float("inf"))
        self.obs_terms += (Term(*term, self.obs_size, *own),)
        self.obs_size += shape[1]
        if self.privileged_obs_size:
            self.privileged_obs_terms += (Term(*term, self.privileged_obs_size, *own),)
            self.privileged_obs_size += shape[1]
        return shape[1]

    def _wide(self, slot: int, extra: int) -> tuple:
        """What calls return, made once: the native arrays, or wider ones and a reward of its own."""
        obs, privileged_obs, reward, terminated, truncated, info = self._results[slot]
        if self._own.keys() & {"reward", "extra_reward"}:
            reward = _like(reward)
        if extra:
            obs, privileged_obs = _like(obs, extra), _like(privileged_obs, extra)
            finals = {name: _like(info[name], extra) for name in ("final_obs", "final_privileged_obs")}
            info = MappingProxyType({"command_changed": info["command_changed"], **finals})
        return obs, privileged_obs, reward, terminated, truncated, info

    def _fill(self, to: tuple, native: tuple, extra: Any) -> None:
        for wide, narrow in zip(to, native):
            if narrow.shape[1]:
                wide[:, : narrow.shape[1]] = narrow
                wide[:, narrow.shape[1] :] = extra


def checked_functions(own: Mapping[str, Any]) -> dict[str, Callable]:
    """Those that were given."""
    for name, function in own.items():
        if function is not None and not callable(function):
            raise TypeError(f"{name} is a {type(function).__name__}; expected a function, or None")
    return {name: function for name, function in own.items() if function is not None}


def _name(function: Callable) -> str:
    return getattr(function, "__name__", type(function).__name__)


def _copy(array: Any) -> Any:
    return array.copy() if isinstance(array, np.ndarray) else array.clone()


def _like(array: Any, more: int = 0) -> Any:
    """Zeros of the same kind, with `more` columns where it has any."""
    shape = tuple(array.shape)
    if more and shape[1]:
        shape = (shape[0], shape[1] + more)
    return np.zeros(shape, array.dtype) if isinstance(array, np.ndarray) else array.new_zeros(shape)


__all__ = ["Moment", "OwnEnv", "checked_functions"]
