"""MJX's physics steps a second on a robot, for comparison in one run.

python mjx_rate.py MODEL.xml --num-envs N

Random joint targets that change every five steps, as in kennel bench; spheres of different legs masked, iterations 2 and
ls_iterations 5. Compilation is not timed. Prints one JSON object.
"""

import argparse
import json
import time

import jax
import jax.numpy as jnp
import mujoco
from mujoco import mjx

STEPS_PER_TARGET, TARGETS = 5, 20


def main():
  parser = argparse.ArgumentParser()
  parser.add_argument('model')
  parser.add_argument('--num-envs', type=int, default=4096)
  arguments = parser.parse_args()
  model = mujoco.MjModel.from_xml_path(arguments.model)
  model.opt.iterations, model.opt.ls_iterations = 2, 5
  moving = model.geom_bodyid != 0
  collides = (model.geom_contype != 0) | (model.geom_conaffinity != 0)
  model.geom_contype[:] = collides & moving
  model.geom_conaffinity[:] = collides & ~moving
  device_model = mjx.put_model(model)
  start = mujoco.MjData(model)
  mujoco.mj_resetDataKeyframe(model, start, 0)
  pose = jnp.array(start.qpos[7:])
  first = mjx.put_data(model, start)
  batch = jax.vmap(lambda _: first)(jnp.arange(arguments.num_envs))

  def drive(data, key):
    data = data.replace(ctrl=pose + 0.3 * jax.random.normal(key, pose.shape))
    return jax.lax.fori_loop(0, STEPS_PER_TARGET, lambda _, d: mjx.step(device_model, d), data)

  @jax.jit
  def run(data, key):
    for_all = jax.vmap(drive)
    keys = jax.random.split(key, (TARGETS, arguments.num_envs))
    return jax.lax.scan(lambda d, k: (for_all(d, k), None), data, keys)[0]

  batch = jax.block_until_ready(run(batch, jax.random.PRNGKey(0)))
  best = 0.0
  for seed in range(1, 4):
    begin = time.perf_counter()
    batch = jax.block_until_ready(run(batch, jax.random.PRNGKey(seed)))
    best = max(best, arguments.num_envs * STEPS_PER_TARGET * TARGETS / (time.perf_counter() - begin))
  print(json.dumps(dict(num_envs=arguments.num_envs, physics_steps_per_s=best, jax=jax.__version__, mujoco=mujoco.__version__)))


if __name__ == '__main__':
  main()
