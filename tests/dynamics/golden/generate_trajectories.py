"""Trajectories of MuJoCo that stay the same whatever MuJoCo is installed.

python generate_trajectories.py trajectories.npy

A second each of two robots with moving joint targets: one dropped upright, one thrown onto its side, on slippery ground. MuJoCo
4.0.0, converged solver, legs not colliding with each other. A row a physics step: qpos (19), qvel (18), the joint targets (12) that
lead to the next row; float64. The dropped robot's rows come first.
"""

import pathlib
import sys

import mujoco
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[3]
ROWS = 251


def model_with(friction):
  model = mujoco.MjModel.from_xml_path(str(ROOT / 'envs/pupper_v3/pupper_v3.xml'))
  model.opt.iterations, model.opt.ls_iterations, model.opt.tolerance = 60, 100, 0
  model.opt.ls_tolerance = 1e-12
  moving = model.geom_bodyid != 0
  collides = (model.geom_contype != 0) | (model.geom_conaffinity != 0)
  model.geom_contype[:] = collides & moving
  model.geom_conaffinity[:] = collides & ~moving
  model.geom_friction[:, 0] = friction
  return model


def trajectory(model, tilt, height, velocity, swing):
  data = mujoco.MjData(model)
  mujoco.mj_resetDataKeyframe(model, data, 0)
  pose = data.qpos[7:].copy()
  data.qpos[:3] = 0.1, -0.2, height
  mujoco.mju_euler2Quat(data.qpos[3:7], tilt, 'xyz')
  data.qvel[:6] = velocity
  rows = []
  for step in range(ROWS):
    data.ctrl[:] = pose + swing * np.sin(0.1 * step + np.arange(12))
    rows.append(np.concatenate([data.qpos, data.qvel, data.ctrl]))
    mujoco.mj_step(model, data)
  return rows


def main(out):
  dropped = trajectory(model_with(0.8), [0.1, -0.1, 0.4], 0.2, [0.3, 0.1, 0, 0.5, -0.5, 1], 0.3)
  thrown = trajectory(model_with(0.3), [0.8, 0.2, 0], 0.25, [0.5, -0.5, 0.5, 3, 1, -1], 0.6)
  np.save(out, np.array(dropped + thrown))


if __name__ == '__main__':
  main(*sys.argv[1:])
