"""Consecutive states of a walking robot, for the accuracy test of the training solver.

python generate_walk.py POLICY.json walk.npy

Runs a policy in MuJoCo 4.0.0 (converged solver) with pushes and changing commands and writes, a row a physics step, qpos (19),
qvel (18) and the joint targets (12) in float32. The committed file came from a policy of the default recipe.
"""

import importlib.util
import json
import pathlib
import sys

import mujoco
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[3]
spec = importlib.util.spec_from_file_location('walk', ROOT / 'envs/pupper_v3/render_walk.py')
walk = importlib.util.module_from_spec(spec)
spec.loader.exec_module(walk)

COMMANDS = [[0.6, 0, 0], [0.3, 0.3, 1.5], [-0.5, 0, -1], [0, -0.4, 0], [0, 0, 0]]
STEPS_PER_COMMAND, SUBSTEPS, WARM_UP = 24, 5, 50


def main(policy_file, out):
  policy = json.loads(pathlib.Path(policy_file).read_text())
  model = mujoco.MjModel.from_xml_path(str(ROOT / 'envs/pupper_v3/pupper_v3.xml'))
  model.opt.iterations, model.opt.ls_iterations = 100, 50
  data = mujoco.MjData(model)
  mujoco.mj_resetDataKeyframe(model, data, 0)
  rng = np.random.default_rng(1)
  action, empty, rows = np.zeros(12), np.zeros(36), []
  empty[5] = -1
  frames = [empty] * policy['observation_history']
  for step in range(WARM_UP + STEPS_PER_COMMAND * len(COMMANDS)):
    walk.COMMAND = np.array(COMMANDS[max(0, step - WARM_UP) // STEPS_PER_COMMAND])
    frames = [walk.frame(policy, data, action)] + frames[:-1]
    action = walk.act(policy, np.concatenate(frames))
    target = policy['default_joint_pos'] + np.array(policy['action_scale']) * action
    data.ctrl[:] = np.clip(target, policy['joint_lower_limits'], policy['joint_upper_limits'])
    if step % 30 == 29:
      data.qvel[:2] += rng.uniform(-0.35, 0.35, 2)
    for _ in range(SUBSTEPS):
      if step >= WARM_UP:
        rows.append(np.concatenate([data.qpos, data.qvel, data.ctrl]))
      mujoco.mj_step(model, data)
  np.save(out, np.array(rows, dtype=np.float32))


if __name__ == '__main__':
  main(*sys.argv[1:])
