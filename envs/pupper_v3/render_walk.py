"""A picture of a policy walking: frames of one stride in MuJoCo, side by side.

MUJOCO_GL=egl python render_walk.py POLICY.json OUT.png

The policy runs as on the robot (observation, action and latency contract of the policy file).
"""

import json
import pathlib
import sys

import mujoco
import numpy as np
from PIL import Image

COMMAND = np.array([0.6, 0.0, 0.0])  # m/s, m/s, rad/s
WARM_UP = 150  # control steps before the first frame
FRAMES, STEPS_BETWEEN = 4, 4
SUBSTEPS = 5
ACTIVATIONS = {
    'relu': lambda x: np.maximum(x, 0),
    'tanh': np.tanh,
    'elu': lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    '': lambda x: x,
}


def act(policy, obs):
  for layer in policy['layers']:
    weights, bias = layer['weights']
    obs = ACTIVATIONS[layer['activation']](obs @ np.array(weights) + np.array(bias))
  return obs


def frame(policy, data, action):
  rotation = np.zeros(9)
  mujoco.mju_quat2Mat(rotation, data.qpos[3:7])
  gravity = -rotation.reshape(3, 3)[2]
  joints = data.qpos[7:] - policy['default_joint_pos']
  return np.concatenate([data.qvel[3:6], gravity, COMMAND, [0, 0, 1], joints, action])


def main(policy_file, out):
  policy = json.loads(pathlib.Path(policy_file).read_text())
  model = mujoco.MjModel.from_xml_path(str(pathlib.Path(__file__).with_name('pupper_v3.xml')))
  data = mujoco.MjData(model)
  mujoco.mj_resetDataKeyframe(model, data, 0)
  history, action = policy['observation_history'], np.zeros(12)
  empty = np.zeros(36)
  empty[5] = -1
  frames = [empty] * history
  pictures = []
  with mujoco.Renderer(model, 360, 360) as renderer:
    options = mujoco.MjvOption()
    options.geomgroup[3] = 0
    for step in range(WARM_UP + FRAMES * STEPS_BETWEEN):
      frames = [frame(policy, data, action)] + frames[:-1]
      action = act(policy, np.concatenate(frames))
      target = policy['default_joint_pos'] + np.array(policy['action_scale']) * action
      data.ctrl[:] = np.clip(target, policy['joint_lower_limits'], policy['joint_upper_limits'])
      mujoco.mj_step(model, data, SUBSTEPS)
      if step >= WARM_UP and (step - WARM_UP) % STEPS_BETWEEN == 0:
        renderer.update_scene(data, 'tracking', options)
        pictures.append(renderer.render())
  Image.fromarray(np.concatenate(pictures, axis=1)).save(out)


if __name__ == '__main__':
  main(*sys.argv[1:])
