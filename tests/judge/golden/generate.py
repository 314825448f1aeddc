"""Writes the compiled physical constants of a robot description as JSON.

python generate.py DESCRIPTION.xml > pupper_v3.json

Numbers are written with the shortest digits that read back as the same double. Geoms that touch
nothing are left out: they are there to be seen.
"""

import json
import sys

import mujoco
import numpy as np

BODY = [
    'parentid', 'pos', 'quat', 'ipos', 'iquat', 'mass', 'subtreemass', 'inertia', 'invweight0',
    'gravcomp', 'contype', 'conaffinity', 'margin',
]
JOINT = [
    'type', 'bodyid', 'qposadr', 'dofadr', 'pos', 'axis', 'range', 'limited', 'stiffness',
    'margin', 'solref', 'solimp', 'actfrclimited',
]
DOF = [
    'bodyid', 'jntid', 'armature', 'damping', 'frictionloss', 'invweight0', 'M0', 'solref',
    'solimp',
]
ACTUATOR = [
    'trntype', 'trnid', 'dyntype', 'gaintype', 'biastype', 'gainprm', 'biasprm', 'gear',
    'ctrllimited', 'forcelimited', 'forcerange',
]
GEOM = [
    'type', 'bodyid', 'size', 'pos', 'friction', 'solref', 'solimp', 'solmix', 'margin', 'gap',
    'contype', 'conaffinity', 'condim', 'priority',
]
SITE = [
    'bodyid', 'pos', 'quat',
]
OPTION = [
    'timestep', 'integrator', 'cone', 'solver', 'iterations', 'ls_iterations', 'tolerance',
    'ls_tolerance', 'impratio', 'gravity', 'wind', 'density', 'viscosity', 'disableflags',
    'enableflags',
]


def arrays(model, prefix, names, rows=slice(None)):
  keys = [f'{prefix}_{name}' for name in names]
  return {key: numbers(getattr(model, key)[rows]) for key in keys}


def numbers(array):
  array = np.ravel(array)
  return (array.astype(int) if array.dtype == bool else array).tolist()


def names(model, kind, count):
  return [mujoco.mj_id2name(model, kind, index) for index in range(count)]


def main():
  model = mujoco.MjModel.from_xml_path(sys.argv[1])
  collides = (model.geom_contype != 0) | (model.geom_conaffinity != 0)
  golden = {
      'mujoco_version': mujoco.__version__,
      'names': {
          'body': names(model, mujoco.mjtObj.mjOBJ_BODY, model.nbody),
          'joint': names(model, mujoco.mjtObj.mjOBJ_JOINT, model.njnt),
          'actuator': names(model, mujoco.mjtObj.mjOBJ_ACTUATOR, model.nu),
          'site': names(model, mujoco.mjtObj.mjOBJ_SITE, model.nsite),
      },
      'qpos0': model.qpos0.tolist(),
      'qpos_spring': model.qpos_spring.tolist(),
      **arrays(model, 'body', BODY),
      **arrays(model, 'jnt', JOINT),
      **arrays(model, 'dof', DOF),
      **arrays(model, 'actuator', ACTUATOR),
      **arrays(model, 'geom', GEOM, collides),
      **arrays(model, 'site', SITE),
      **{f'opt_{name}': np.ravel(getattr(model.opt, name)).tolist() for name in OPTION},
  }
  print(json.dumps(golden, separators=(',', ': ')).replace('],', '],\n'))


if __name__ == '__main__':
  main()
