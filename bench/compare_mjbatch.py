"""Seconds to the same return on the same task, beside mjbatch's Go1 example.

python compare_mjbatch.py EXAMPLES --kennel build/bin/kennel --work FOLDER [--out RESULTS.jsonl]

EXAMPLES is the folder `examples` of a checkout of https://github.com/kevinzakka/mjbatch; the Python
that runs this has its packages (mjbatch, mujoco-menagerie, torch). Nothing of it is changed: its own
`train()` learns, in a process of its own, and every policy that it would save is kept with the time.
Then `kennel train --task joystick` learns on the same robot, written to a file by the example's
`build_model()`, by each recipe given, on the same cores.

Clocks run from before a process starts, loading included, to the moment a policy is kept. All
policies, of both programs, are then judged on the rival's ground: in the example's own environment,
MuJoCo with its solver, observation, randomisation, commands and reward, by the mean return of
episodes of its length, without action noise. A fall ends an episode. One JSON object a line: a
training each, with its curve of seconds, environment steps, return and share of falls, then goals
with the seconds in which each came there, null where it did not.
"""

import argparse
import datetime
import importlib
import json
import os
import pathlib
import platform
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
RECIPES = [HERE / 'mjbatch_example.toml', HERE / 'mjbatch_tuned.toml']
EPISODES = 256
JUDGE_SEED = 1003
SHARES = (0.5, 0.8, 0.9, 1.0)


def load_example(folder):
  sys.path.insert(0, str(folder))
  return importlib.import_module('go1_joystick')


# The two trainings.


def train_example(folder, out, started, iterations, seed):
  """Runs the example's train() and keeps each state that it would save as SECONDS_STEPS.pt."""
  example = load_example(folder)
  import torch

  example.ITERS = iterations or example.ITERS
  example.SEED = seed
  save, iteration = torch.save, 0
  replace = example.os.replace
  example.os.replace = lambda *paths: None

  def rollout(*args, inner=example.rollout):
    nonlocal iteration
    iteration += 1
    return inner(*args)

  def keep(state, _):
    steps = iteration * example.NUM_ENVS * example.HORIZON
    name = f'{time.time() - started:.3f}_{steps}.pt'
    if steps and not list(out.glob(f'*_{steps}.pt')):
      save(state, out / name)

  example.rollout, torch.save = rollout, keep
  try:
    example.train()
  finally:
    torch.save, example.os.replace = save, replace


def run_example(args, out):
  out.mkdir(parents=True)
  command = [sys.executable, __file__, str(args.examples), '--train-example', str(out),
             '--started', repr(time.time()), '--seed', str(args.seed)]
  if args.iterations:
    command += ['--iterations', str(args.iterations)]
  subprocess.run(command, check=True, stdout=sys.stderr)
  kept = []
  for path in out.glob('*.pt'):
    seconds, steps = path.stem.split('_')
    kept.append((float(seconds), int(steps), path))
  return sorted(kept)


def run_kennel(args, recipe, model, out):
  """Trains by a recipe and exports every checkpoint."""
  command = [str(args.kennel), 'train', '--task', 'joystick', '--model', str(model), '--config',
             str(recipe), '--out', str(out), '--seed', str(args.seed + 1), '--device', 'cpu',
             '--threads', str(len(os.sched_getaffinity(0)))]
  if args.iterations:
    command += ['--steps', str(args.iterations * 1024 * 24)]
  started = time.time()
  subprocess.run(command, check=True, stdout=sys.stderr)
  kept = []
  for path in (out / 'checkpoints').iterdir():
    steps = int(''.join(c for c in path.stem if c.isdigit()) or 0)
    if path.is_symlink() or not steps:
      continue
    policy = out / f'{steps}.json'
    subprocess.run([str(args.kennel), 'export', str(out), '--checkpoint', str(steps), '-o',
                    str(policy)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    kept.append((path.stat().st_mtime - started, steps, policy))
  return sorted(kept)


def write_model(example, path):
  """The robot as the example steps it, as a file; what is only seen is left out."""
  import mujoco
  import numpy as np

  read, specs = mujoco.MjSpec.from_file, []

  def keep(*args, **kwargs):
    specs.append(read(*args, **kwargs))
    return specs[-1]

  mujoco.MjSpec.from_file = keep
  try:
    model = example.build_model()
  finally:
    mujoco.MjSpec.from_file = read
  spec = next(s for s in specs if s.geom('floor') is not None)
  for sensor in list(spec.sensors):
    spec.delete(sensor)
  for geom in list(spec.geoms):
    if geom.type == mujoco.mjtGeom.mjGEOM_MESH:
      spec.delete(geom)
  for mesh in list(spec.meshes):
    spec.delete(mesh)
  # Stands in the pose that actions are about, with its feet on the floor.
  data = mujoco.MjData(model)
  mujoco.mj_resetDataKeyframe(model, data, 0)
  data.qpos[7:19] = example.STAND
  mujoco.mj_kinematics(model, data)
  data.qpos[2] -= min(data.site(foot).xpos[2] for foot in example.FEET) - example.FOOT_RADIUS
  key = spec.keys[0]
  key.qpos, key.ctrl = data.qpos, example.STAND
  spec.compile()
  # An attached class without a name is not read back.
  text = spec.to_xml().replace('<default>\n\n    <default>', '<default>\n    <default class="go1_">')
  path.write_text(text)
  again = mujoco.MjModel.from_xml_string(text)
  for field in ('body_mass', 'body_inertia', 'dof_armature', 'actuator_gainprm', 'jnt_range'):
    np.testing.assert_allclose(getattr(again, field), getattr(model, field), rtol=1e-6, atol=1e-9)
  return float(data.qpos[2])


# The policies, as functions of the example's environment.


class ExamplePolicy:

  def __init__(self, example, path):
    import torch

    self.torch, self.net = torch, example.ActorCritic()
    self.net.load_state_dict(torch.load(path, map_location='cpu'))

  def __call__(self, env):
    with self.torch.no_grad():
      return self.net(self.torch.as_tensor(env.obs()))[0].numpy()


class KennelPolicy:
  """The exported file on the example's observation: the same numbers in another order."""

  def __init__(self, example, path):
    import numpy as np

    self.np, file = np, json.loads(path.read_text())
    self.layers = [(np.array(layer['weights'][0], np.float32), np.array(layer['weights'][1],
                                                                       np.float32),
                    layer['activation']) for layer in file['layers']]
    self.scale = np.array(file['action_scale'])
    self.low, self.high = (np.array(file[f'joint_{side}_limits']) for side in ('lower', 'upper'))
    self.stand, self.unit = example.STAND, example.ACTION_SCALE
    assert np.allclose(file['default_joint_pos'], self.stand, atol=1e-6)
    assert [n.removesuffix('_joint') for n in file['joint_names']] == [
        f'{foot}_{part}' for foot in example.FEET for part in ('hip', 'thigh', 'calf')]
    self.terms = [(term['name'], term['scale']) for term in file['observation']]
    golden = file['golden']
    error = np.abs(self.forward(np.array([golden['obs']], np.float32))[0] - golden['action']).max()
    assert error < 1e-4, f'{path}: golden action off by {error}'
    self.action = None

  def forward(self, x):
    np = self.np
    for weights, bias, activation in self.layers:
      x = x @ weights + bias
      if activation == 'relu':
        x = np.maximum(x, 0)
      elif activation == 'elu':
        x = np.where(x > 0, x, np.expm1(np.minimum(x, 0)))
      elif activation == 'tanh':
        x = np.tanh(x)
      else:
        assert activation in ('', 'linear'), activation
    return x

  def __call__(self, env):
    np = self.np
    seen = env.obs()
    velocity, gyro, up, q, qd, _, command, clock = np.split(
        seen, np.cumsum([3, 3, 3, 12, 12, 12, 3]), axis=1)
    if self.action is None or len(self.action) != len(seen):
      self.action = np.zeros((len(seen), 12), np.float32)
    self.action[env.steps == 0] = 0  # a new episode
    values = {
        'base_angular_velocity': gyro,
        'projected_gravity': -up,
        'command': command,
        'trot_clock': np.concatenate([clock, env.moving()], 1),
        'joint_position': q,
        'last_action': self.action,
        'base_linear_velocity': velocity,
        'joint_velocity': qd,
    }
    obs = np.concatenate([scale * values[name] for name, scale in self.terms], 1)
    self.action = np.clip(self.forward(obs.astype(np.float32)), -1, 1)
    target = np.clip(self.stand + self.scale * self.action, self.low, self.high)
    return (target - self.stand) / self.unit


def judge(example, env, policy):
  """Mean return of an episode, share of episodes that fall."""
  import numpy as np

  env.rng = np.random.default_rng(JUDGE_SEED)
  everyone = np.arange(env.steps.size)
  env.reset(everyone)
  total, alive = np.zeros(everyone.size), np.ones(everyone.size, bool)
  for _ in range(example.EPISODE):
    reward, _, fell, _ = env.step(policy(env))
    total += np.where(alive, reward, 0)
    alive &= ~fell
    if fell.any():
      env.reset(np.flatnonzero(fell))  # so that it does not go on falling for ever
  return float(total.mean()), float(1 - alive.mean())


# The report.


def machine():
  name = platform.processor()
  for line in pathlib.Path('/proc/cpuinfo').read_text().splitlines():
    if line.startswith('model name'):
      name = line.split(':')[1].strip()
      break
  commit = subprocess.run(['git', '-C', str(HERE), 'rev-parse', '--short', 'HEAD'],
                          capture_output=True, text=True).stdout.strip()
  return {'cpu': name, 'cores': len(os.sched_getaffinity(0)), 'commit': commit,
          'date': datetime.date.today().isoformat()}


def seconds_to(curve, wanted):
  return next((point['seconds'] for point in curve if point['return'] >= wanted), None)


def goals(curve, standing):
  """Returns of the example that the others are to come to: parts of the way from that of standing
  still, which is paid for as well, to its last one, and what it has after the minute that its README
  speaks of."""
  for share in SHARES:
    yield (f'{share:.0%} of the way from standing to the last return of the example',
           standing + share * (curve[-1]['return'] - standing))
  minute = [point['return'] for point in curve if point['seconds'] <= 60]
  if minute:
    yield 'the return of the example after a minute', minute[-1]


def main():
  parser = argparse.ArgumentParser(description=__doc__,
                                   formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument('examples', type=pathlib.Path, help='folder examples of an mjbatch checkout')
  parser.add_argument('--kennel', type=pathlib.Path, default=HERE.parent / 'build/bin/kennel')
  parser.add_argument('--work', type=pathlib.Path, help='empty folder for runs and policies')
  parser.add_argument('--out', type=pathlib.Path, help='file that results are appended to')
  parser.add_argument('--recipe', type=pathlib.Path, nargs='*', default=RECIPES)
  parser.add_argument('--iterations', type=int, help='of 24 steps of 1024 environments; '
                      "without it the example's 600, and the recipes' steps")
  parser.add_argument('--seed', type=int, default=0)
  parser.add_argument('--episodes', type=int, default=EPISODES)
  parser.add_argument('--train-example', type=pathlib.Path, help=argparse.SUPPRESS)
  parser.add_argument('--started', type=float, help=argparse.SUPPRESS)
  args = parser.parse_args()
  if args.train_example:
    train_example(args.examples, args.train_example, args.started, args.iterations, args.seed)
    return
  if args.work is None:
    parser.error('--work names an empty folder for runs and policies')
  os.environ.setdefault('OMP_NUM_THREADS', str(len(os.sched_getaffinity(0))))
  args.work.mkdir(parents=True, exist_ok=True)
  example = load_example(args.examples)
  model = args.work / 'go1.xml'
  write_model(example, model)

  trainings = [('mjbatch example', ExamplePolicy, run_example(args, args.work / 'example'))]
  for recipe in args.recipe:
    kept = run_kennel(args, recipe, model, args.work / recipe.stem)
    trainings.append((f'kennel {recipe.stem}', KennelPolicy, kept))

  lines, curves, env = [], {}, example.Go1(args.episodes, JUDGE_SEED)
  for name, Policy, kept in trainings:
    curve = []
    for seconds, steps, path in kept:
      mean, falls = judge(example, env, Policy(example, path))
      curve.append({'seconds': round(seconds, 2), 'steps': steps, 'return': round(mean, 2),
                    'falls': round(falls, 4)})
    curves[name] = curve
    lines.append({'trained': name, 'seed': args.seed, **machine(), 'episodes': args.episodes,
                  **curve[-1], 'curve': curve})
  standing, _ = judge(example, env, lambda env: 0 * env.action)
  for what, wanted in goals(lines[0]['curve'], standing):
    lines.append({'goal': what, 'return': round(wanted, 2), 'standing': round(standing, 2),
                  'seed': args.seed,
                  'seconds': {name: seconds_to(curve, wanted) for name, curve in curves.items()}})
  for line in lines:
    print(json.dumps(line))
    if args.out:
      with args.out.open('a') as file:
        file.write(json.dumps(line) + '\n')


if __name__ == '__main__':
  main()
