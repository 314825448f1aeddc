"""Bare physics steps a second of MuJoCo's own multithreaded batch interfaces.

python mujoco_batch.py MODEL.xml [--threads 2] [--seconds 3] [--once]

The other side of `kennel bench --against mujoco`. It stays alive and measures on request, so that
two programs can take turns on the same cores: for each line on standard input it simulates for
`--seconds` and prints one JSON object on a line. The state carries over from one measurement to the
next. `--once` measures once and ends.

The load is that of `kennel bench`: the model with its sphere-sphere pairs masked, 2 solver
iterations and 5 line-search iterations, joint targets = default pose + 0.3 rad x normal every 5
steps, robots that fell (tilt beyond 0.9 rad or base below 0.06 m) put back between chunks of 50
steps. Only the time inside MuJoCo's calls counts; drawing targets, putting robots back and counting
contacts do not.

Before the first measurement every interface and setting is tried for a moment, in turns, and the
fastest is kept.
"""

import argparse
import json
import math
import sys
import time

import mujoco
from mujoco.batch import Batch
from mujoco.rollout import Rollout
import numpy as np

STEPS_PER_TARGET = 5
TARGETS_PER_CHUNK = 10
STEPS_PER_CHUNK = STEPS_PER_TARGET * TARGETS_PER_CHUNK
TARGET_NOISE = 0.3  # rad
FALL_TILT = 0.9  # rad
FALL_HEIGHT = 0.06  # m
TRIAL_ROUNDS = 3  # all settings in turn, the best of each counts
BATCH_SIZES = (64, 512)
CONTACT_SAMPLES = 32  # simulations whose contacts are counted after each chunk


def load_model(path):
  """The model as the benchmark runs it: spheres touch the floor and nothing else."""
  spec = mujoco.MjSpec.from_file(path)
  for geom in spec.geoms:
    if geom.type == mujoco.mjtGeom.mjGEOM_PLANE:
      geom.contype, geom.conaffinity = 1, 2
    elif geom.contype or geom.conaffinity:
      geom.contype, geom.conaffinity = 2, 1
  spec.option.iterations = 2
  spec.option.ls_iterations = 5
  return spec.compile()


class BatchEngine:
  """mujoco.batch.Batch: one call a chunk."""

  def __init__(self, model, num_sims, threads, persistent):
    self.settings = {'interface': 'mujoco.batch.Batch.rollout', 'persistent': persistent}
    self._batch = Batch(model, num_sims, threads, persistent)
    self._batch.reset(keyframe=0)
    self.qpos = self._batch.bind('qpos')

  def advance(self, control):
    self._batch.rollout(STEPS_PER_CHUNK, control, record=())

  def reset(self, ids):
    self._batch.reset(ids.astype(np.int32), keyframe=0)


class RolloutEngine:
  """mujoco.rollout.Rollout on a thread pool it keeps: one call a chunk, every state written out."""

  def __init__(self, model, num_sims, threads):
    self.settings = {'interface': 'mujoco.rollout.Rollout', 'persistent': True}
    kind = mujoco.mjtState.mjSTATE_FULLPHYSICS
    data = mujoco.MjData(model)
    mujoco.mj_resetDataKeyframe(model, data, 0)
    self._home = np.empty(mujoco.mj_stateSize(model, kind.value))
    mujoco.mj_getState(model, data, self._home, kind.value)
    self._state = np.tile(self._home, (num_sims, 1))
    self._out = np.empty((num_sims, STEPS_PER_CHUNK, self._home.size))
    self._sensors = np.empty((num_sims, STEPS_PER_CHUNK, model.nsensordata))
    self._model, self._data = model, [mujoco.MjData(model) for _ in range(threads)]
    self._pool = Rollout(nthread=threads)
    self.qpos = self._state[:, 1 : 1 + model.nq]  # after the time

  def advance(self, control):
    self._pool.rollout(
        self._model, self._data, self._state, control, state=self._out, sensordata=self._sensors
    )
    self._state[:] = self._out[:, -1]

  def reset(self, ids):
    self._state[ids] = self._home


class Bench:
  """One engine under the benchmark's load."""

  def __init__(self, model, engine, num_sims, seed=1):
    self._model, self._engine, self._num_sims = model, engine, num_sims
    self._random = np.random.default_rng(seed)
    self._scratch = mujoco.MjData(model)
    self._pose = model.key_ctrl[0]

  def measure(self, seconds):
    """Simulates until MuJoCo has worked for `seconds`; returns (steps a second, mean contacts)."""
    busy, steps, contacts = 0.0, 0, []
    while busy < seconds:
      shape = (self._num_sims, TARGETS_PER_CHUNK, self._model.nu)
      control = self._pose + TARGET_NOISE * self._random.standard_normal(shape)
      control = np.repeat(control, STEPS_PER_TARGET, axis=1)
      start = time.perf_counter()
      self._engine.advance(control)
      busy += time.perf_counter() - start
      steps += self._num_sims * STEPS_PER_CHUNK
      contacts.append(self._mean_contacts())
      self._reset_fallen()
    return steps / busy, float(np.mean(contacts))

  def _mean_contacts(self):
    count = 0
    samples = min(CONTACT_SAMPLES, self._num_sims)
    for qpos in self._engine.qpos[:samples]:
      self._scratch.qpos[:] = qpos
      mujoco.mj_fwdPosition(self._model, self._scratch)
      count += self._scratch.ncon
    return count / samples

  def _reset_fallen(self):
    qpos = self._engine.qpos
    up = 1.0 - 2.0 * (qpos[:, 4] ** 2 + qpos[:, 5] ** 2)  # z component of the base's z axis
    standing = (up >= math.cos(FALL_TILT)) & (qpos[:, 2] >= FALL_HEIGHT)
    fallen = np.flatnonzero(~standing)  # a state that is not a number is not standing either
    if fallen.size:
      self._engine.reset(fallen)


def fastest(model, threads, trial_seconds):
  """Tries every interface, setting and size in turns; returns the fastest with its settings."""
  candidates = []
  for num_sims in BATCH_SIZES:
    for engine in (
        BatchEngine(model, num_sims, threads, persistent=False),
        BatchEngine(model, num_sims, threads, persistent=True),
        RolloutEngine(model, num_sims, threads),
    ):
      settings = {**engine.settings, 'num_sims': num_sims, 'threads': threads}
      candidates.append((Bench(model, engine, num_sims), settings))
  for bench, _ in candidates:
    bench.measure(trial_seconds)  # warm-up: from the home pose to states of the load
  best = [0.0] * len(candidates)
  for _ in range(TRIAL_ROUNDS):
    for index, (bench, _) in enumerate(candidates):
      best[index] = max(best[index], bench.measure(trial_seconds)[0])
  for rate, (_, settings) in zip(best, candidates):
    print(f'mujoco: {rate:9.0f} steps/s with {settings}', file=sys.stderr, flush=True)
  return candidates[int(np.argmax(best))]


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('model', help='MJCF of the robot, with its home pose as first keyframe')
  parser.add_argument('--threads', type=int, default=2)
  parser.add_argument('--seconds', type=float, default=3.0, help='of a measurement')
  parser.add_argument('--trial-seconds', type=float, default=0.3, help='a setting, four times')
  parser.add_argument('--once', action='store_true', help='measure once instead of on request')
  args = parser.parse_args()
  try:
    model = load_model(args.model)
  except (ValueError, OSError) as error:
    sys.exit(f'{args.model}: MuJoCo cannot load it: {str(error).splitlines()[0]}')
  if model.nkey == 0:
    sys.exit(f'{args.model}: no keyframe; the first one is the default pose')
  bench, settings = fastest(model, args.threads, args.trial_seconds)
  settings['iterations'] = model.opt.iterations
  settings['ls_iterations'] = model.opt.ls_iterations
  for _ in [None] if args.once else sys.stdin:
    rate, contacts = bench.measure(args.seconds)
    result = {
        'mujoco_physics_steps_per_s': rate,
        'mean_contacts': contacts,
        'mujoco_version': mujoco.__version__,
        'settings': settings,
    }
    print(json.dumps(result), flush=True)


if __name__ == '__main__':
  main()
