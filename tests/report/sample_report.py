"""A report of a made-up robot, for looking at the page and for testing it without a trained policy.

python sample_report.py OUT.html [--without replay sweeps ...]

The page is put together from src/report/page as `kennel report` does it. A leg is two links of one length; feet follow a trot under a
base that goes where it is told, with a lag and a little bobbing.
"""

import argparse
import html
import json
import math
import pathlib
import random
import re

PAGE = pathlib.Path(__file__).resolve().parents[2] / 'src/report/page'
DT, STEPS, PERIOD = 0.02, 600, 0.4  # s, control steps, s of a stride
LINK, HEIGHT = 0.085, 0.125  # m
LEGS = [('front right', 'front_r', 0.09, -0.075), ('front left', 'front_l', 0.09, 0.075),
        ('back right', 'back_r', -0.09, -0.075), ('back left', 'back_l', -0.09, 0.075)]
COMMANDS = [(0.5, 0.0, 0.0), (0.3, 0.25, 0.9), (0.0, 0.0, -1.6)]
REWARDS = {'track_velocity': 2.6, 'track_yaw': 1.9, 'upright': 0.45, 'vertical_velocity': -0.01, 'torque': -0.12, 'action_rate': -0.08,
           'swing_time': 0.4, 'foot_slip': -0.02, 'elbow_contact': -0.01, 'fall': -0.05, 'tilt': 0.0, 'joint_acceleration': -0.15}


def about(axis, angle):
  return [math.cos(angle / 2)] + [math.sin(angle / 2) if k == axis else 0.0 for k in range(3)]


def times(a, b):
  w, x, y, z = a
  v, i, j, k = b
  return [w * v - x * i - y * j - z * k, w * i + x * v + y * k - z * j, w * j - x * k + y * v + z * i, w * k + x * j - y * i + z * v]


def turned(q, p):
  w, x, y, z = q
  return times(times(q, [0.0, *p]), [w, -x, -y, -z])[1:]


def placed(pose, offset, quat):
  position, rotation = pose
  return [a + b for a, b in zip(position, turned(rotation, offset))], times(rotation, quat)


def walk(noise):
  """Command, velocity, foot contacts, joint angles and body poses of an episode."""
  steps = {key: [] for key in ('command', 'velocity', 'contact', 'joints', 'poses')}
  velocity, x, y, yaw = [0.0, 0.0, 0.0], 0.0, 0.0, 0.3
  for step in range(STEPS):
    command = COMMANDS[step * len(COMMANDS) // STEPS]
    phase = step * DT / PERIOD
    velocity = [v + 0.12 * (c - v) for v, c in zip(velocity, command)]
    wobble = [0.03 * math.sin(4 * math.pi * phase), 0.04 * math.sin(2 * math.pi * phase), 0.15 * math.sin(2 * math.pi * phase + 1)]
    measured = [v + w + noise.gauss(0, 0.01) for v, w in zip(velocity, wobble)]
    x += DT * (velocity[0] * math.cos(yaw) - velocity[1] * math.sin(yaw))
    y += DT * (velocity[0] * math.sin(yaw) + velocity[1] * math.cos(yaw))
    yaw += DT * velocity[2]
    base = ([x, y, HEIGHT + 0.02 + 0.004 * math.cos(4 * math.pi * phase)],
            times(about(2, yaw), times(about(1, 0.02 * math.sin(4 * math.pi * phase)), about(0, 0.03 * math.sin(2 * math.pi * phase)))))
    poses, joints, contact = [([0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0]), base], [], []
    for leg, (_, _, hip_x, hip_y) in enumerate(LEGS):
      own = (phase + (0.5 if leg in (1, 2) else 0.0)) % 1.0
      stance = own < 0.55
      swing = 0.0 if stance else math.sin(math.pi * (own - 0.55) / 0.45)
      along = 0.5 - own / 0.55 if stance else -0.5 + (own - 0.55) / 0.45
      foot_v = velocity[0] - velocity[2] * hip_y, velocity[1] + velocity[2] * hip_x
      reach_x, reach_y = (0.55 * PERIOD * along * v for v in foot_v)
      down = HEIGHT - 0.035 * swing
      length = min(math.hypot(reach_x, down), 1.98 * LINK)
      bend = math.acos(length / (2 * LINK))
      hip, abduction, knee = math.atan2(-reach_x, down) + bend, math.atan2(reach_y, down), -2 * bend
      side = -1 if hip_y > 0 else 1
      joints += [side * hip, side * abduction, side * knee]
      contact.append(int(stance))
      hip_pose = placed(base, [hip_x, hip_y, 0.0], about(0, abduction))
      thigh = placed(hip_pose, [0.0, 0.0, 0.0], about(1, hip))
      poses += [hip_pose, thigh, placed(thigh, [0.0, 0.0, -LINK], about(1, knee))]
    steps['command'].append(list(command))
    steps['velocity'].append(measured)
    steps['contact'].append(contact)
    steps['joints'].append(joints)
    steps['poses'].append([value for position, rotation in poses for value in position + rotation])
  return steps


def geoms():
  orange, dark, grey, black = [0.96, 0.62, 0.16, 1], [0.15, 0.16, 0.19, 1], [0.3, 0.32, 0.37, 1], [0.08, 0.08, 0.09, 1]
  straight, sideways = [1, 0, 0, 0], about(0, math.pi / 2)

  def geom(body, kind, size, pos, rgba, quat=straight, mesh=0):
    return {'body': body, 'type': kind, 'size': size, 'pos': pos, 'quat': quat, 'rgba': rgba, 'mesh': mesh}

  out = [geom(0, 'plane', [0, 0, 0.05], [0, 0, 0], grey), geom(1, 'box', [0.115, 0.052, 0.032], [0.01, 0, 0.02], orange),
         geom(1, 'ellipsoid', [0.035, 0.04, 0.028], [0.13, 0, 0.03], dark), geom(1, 'mesh', [0, 0, 0], [0, 0, 0.052], dark),
         geom(1, 'sphere', [0.009, 0, 0], [0.16, 0.018, 0.035], [0.35, 0.8, 0.95, 1]),
         geom(1, 'sphere', [0.009, 0, 0], [0.16, -0.018, 0.035], [0.35, 0.8, 0.95, 1])]
  for leg in range(4):
    first = 2 + 3 * leg
    out += [geom(first, 'cylinder', [0.028, 0.022, 0], [0, 0, 0], grey, sideways),
            geom(first + 1, 'capsule', [0.015, LINK / 2, 0], [0, 0, -LINK / 2], orange),
            geom(first + 2, 'capsule', [0.009, LINK / 2, 0], [0, 0, -LINK / 2], dark),
            geom(first + 2, 'sphere', [0.02, 0, 0], [0, 0, -LINK], black)]
  return out


def wedge():
  vertices = [-0.08, -0.035, 0, 0.07, -0.035, 0, 0.07, 0.035, 0, -0.08, 0.035, 0, -0.08, -0.03, 0.022, -0.08, 0.03, 0.022]
  return {'vertices': vertices, 'faces': [0, 2, 1, 0, 3, 2, 0, 1, 4, 1, 2, 4, 2, 5, 4, 2, 3, 5, 0, 4, 5, 0, 5, 3]}


def curves(noise):
  count = 300
  step = [int(84e6 * (k + 1) / count) for k in range(count)]

  def towards(first, last, spread):
    return [last + (first - last) * math.exp(-6 * k / count) + noise.gauss(0, spread) for k in range(count)]

  series = {'env/reward': towards(0.002, 0.095, 0.001), 'env/velocity_error': towards(0.6, 0.09, 0.004),
            'env/yaw_error': towards(1.2, 0.2, 0.01), 'env/falls_per_minute': [abs(v) for v in towards(40, 0.3, 0.1)],
            'env/contacts': towards(2.4, 2.1, 0.02), 'episode/return': towards(1, 45, 1), 'episode/seconds': towards(1.5, 11.6, 0.1),
            'train/kl': towards(0.02, 0.008, 0.001), 'train/learning_rate': towards(1e-3, 5e-5, 1e-6),
            'train/entropy': towards(12, -4, 0.1), 'train/value_loss': towards(0.4, 0.02, 0.005),
            'time/iteration_seconds': towards(0.16, 0.147, 0.002), 'wall_clock': [0.15 * k for k in range(count)]}
  series.update({'reward/' + name: towards(0.0, 0.02 * last, 0.0004 * abs(last)) for name, last in REWARDS.items()})
  series['episode/return'][:5] = [None] * 5  # no episode has ended yet
  return {'step': step, 'series': [{'name': name, 'values': values} for name, values in series.items()]}


def judged():
  keys = ('falls', 'velocity_rmse', 'yaw_rmse', 'standing_drift', 'standing_steps', 'torque_rms', 'action_rate_rms', 'cost_of_transport', 'foot_slip',
          'step_frequency', 'survival_s')
  rows = {('MuJoCo', 'nominal'): (0, 0.072, 0.182, 0.011, 0.0, 0.512, 0.203, 1.21, 0.031, 2.61, 12.0),
          ('MuJoCo', 'randomised'): (6, 0.112, 0.197, 0.019, 0.25, 0.588, 0.241, 1.42, 0.052, 2.58, 11.62),
          ('Kennel', 'nominal'): (0, 0.074, 0.18, 0.012, 0.0, 0.51, 0.2, 1.2, 0.033, 2.6, 12.0)}
  return [{'policy': 'policy.json', 'physics': physics, 'condition': condition, 'episodes': 96, **dict(zip(keys, values))}
          for (physics, condition), values in rows.items()]


def slow():
  commands = [(-0.25, 0, 0), (0.25, 0, 0), (0.15, 0, 0), (-0.15, 0, 0), (0, 0.15, 0), (0, -0.2, 0), (0, 0, 0.3), (0, 0, -0.5), (0.1, 0.1, 0)]
  cells = [{'vx': vx, 'vy': vy, 'yaw_rate': yaw, 'episodes': 16, 'falls': int(k == 5), 'velocity_rmse': 0.03 + 0.002 * k, 'yaw_rmse': 0.12 + 0.01 * k}
           for k, (vx, vy, yaw) in enumerate(commands)]
  return {'cells': cells, 'worst': {'velocity_rmse': 0.046, 'yaw_rmse': 0.2, 'episodes': 144, 'falls': 1}}


def tracking(noise):
  def axis(reach, count, spread):
    command = [reach * (2 * k / (count - 1) - 1) for k in range(count)]
    return {'command': command, 'measured': [0.94 * c + noise.gauss(0, spread / 3) for c in command], 'spread': [spread] * count}

  return {'vx': axis(0.75, 13, 0.05), 'vy': axis(0.5, 11, 0.04), 'yaw_rate': axis(2.0, 13, 0.15)}


def sweeps():
  table = [('friction', '', 0.2, 1.6, [0.4, 1.4], 0.9), ('base_mass', 'kg', 1.0, 2.6, [1.2, 2.0], 1.5), ('kp', 'N m/rad', 3, 7, [3.5, 5.5], 5),
           ('kd', 'N m s/rad', 0.1, 0.5, [0.2, 0.35], 0.27), ('strength', '', 0.5, 1.2, [0.75, 1.05], 0.95), ('latency', 's', 0, 0.05, [0, 0.024], 0.01),
           ('push', 'm/s', 0, 1, [0, 0.45], 0.0), ('slope', 'rad', -0.3, 0.3, None, 0.0)]
  out = []
  for name, unit, low, high, trained, best in table:
    values = [low + (high - low) * k / 8 for k in range(9)]
    off = [abs(value - best) / (high - low) for value in values]
    out.append({'name': name, 'unit': unit, 'trained': trained,
                'cells': [{'value': value, 'episodes': 16, 'falls': min(16, int(30 * max(0, o - 0.35))),
                           'velocity_rmse': 0.07 + 0.25 * o * o, 'yaw_rmse': 0.17 + 0.4 * o * o} for value, o in zip(values, off)]})
  return out


def grid():
  vx, yaw = [-0.75 + 0.25 * k for k in range(7)], [-2 + 0.5 * k for k in range(9)]
  error = [[0.05 + 0.09 * abs(v * w) + 0.03 * abs(w) for v in vx] for w in yaw]
  return {'first': vx, 'third': yaw, 'error': error, 'fall_share': [[max(0.0, 4 * e - 0.8) for e in row] for row in error]}


def sample():
  noise = random.Random(1)
  steps = walk(noise)
  targets = [[q + 0.15 * math.sin(0.4 * step + joint) for joint, q in enumerate(joints)] for step, joints in enumerate(steps['joints'])]
  torques = [[max(-3.0, min(3.0, 5 * (t - q))) for t, q in zip(target, joints)] for target, joints in zip(targets, steps['joints'])]
  right, left = [(-1.22, 2.51), (-0.42, 3.14), (-2.79, 0.71)], [(-2.51, 1.22), (-3.14, 0.42), (-0.71, 2.79)]
  limits = right + left + right + left
  links = [f'leg_{leg}_{link}' for _, leg, _, _ in LEGS for link in (1, 2, 3)]
  return {
      'title': 'runs/2026-11-21_17-00-00',
      'summary': [['policy after', '84.0 M steps'], ['trained in', '8 min 23 s, 167 k steps/s'], ['machine', 'made up, 2 cores <no GPU>'],
                  ['seed', '1'], ['MuJoCo, nominal', '0.072 m/s, 0.182 rad/s, 0 falls of 96']],
      'told': {'quantities': [{'name': 'vx', 'unit': 'm/s', 'positive': 'forward'}, {'name': 'vy', 'unit': 'm/s', 'positive': 'to the left'},
                              {'name': 'yaw_rate', 'unit': 'rad/s', 'positive': 'turning left'}],
               'errors': [{'key': 'velocity_rmse', 'name': 'velocity', 'unit': 'm/s'}, {'key': 'yaw_rmse', 'name': 'yaw', 'unit': 'rad/s'}]},
      'curves': curves(noise), 'judge': judged(), 'slow': slow(), 'tracking': tracking(noise),
      'episode': {'physics': 'MuJoCo', 'control_dt': DT, 'command': steps['command'], 'measured': steps['velocity'],
                  'foot_names': [name for name, *_ in LEGS], 'foot_contact': steps['contact'], 'joint_names': links,
                  'joint_position': steps['joints'], 'joint_target': targets, 'joint_torque': torques, 'joint_lower': [low for low, _ in limits],
                  'joint_upper': [high for _, high in limits], 'torque_limit': [3.0] * 12, 'fell': False},
      'replay': {'dt': DT, 'bodies': ['world', 'base_link', *links], 'geoms': geoms(), 'meshes': [wedge()], 'poses': steps['poses'],
                 'command': steps['command'], 'measured': steps['velocity'], 'velocity': [0, 1]},
      'sweeps': sweeps(), 'grid': grid(),
      'randomization': [{'name': 'friction', 'low': 0.4, 'high': 1.4, 'help': 'sliding friction of the floor'},
                        {'name': 'base_com_shift_x', 'low': -0.02, 'high': 0.03, 'help': 'm, added to the base\'s centre of mass'},
                        {'name': 'action_latency', 'low': 0.0, 'high': 0.024, 'help': 's between a new target and its effect'}],
      'contract': [{'name': 'base_angular_velocity', 'size': 3, 'unit': 'rad/s, base frame'},
                   {'name': 'projected_gravity', 'size': 3, 'unit': 'unit vector, base frame; (0, 0, -1) upright'},
                   {'name': 'command', 'size': 3, 'unit': 'vx, vy in m/s and yaw rate in rad/s, base frame'},
                   {'name': 'joint_position', 'size': 12, 'unit': 'rad, minus the default pose'},
                   {'name': 'last_action', 'size': 12, 'unit': 'the action of the step before, in [-1, 1]'}],
      'recipe': '# Exploration that lasts; </script> and {{style}} are only text here.\n[ppo]\nentropy_coef = 0.01\nsymmetric = true\n\n'
                '[env.reward]\ntrack_velocity = 3.0\n',
      'log': None,
  }


def assemble(data, kind='report'):
  page = (PAGE / 'page.html').read_text()
  scripts = re.search(kind + r': (.*?) -->', page).group(1).split()
  parts = {'kind': kind, 'title': html.escape(data['title']), 'style': (PAGE / 'page.css').read_text(),
           'script': ''.join((PAGE / name).read_text() for name in scripts),
           'data': json.dumps(data, separators=(',', ':')).replace('<', '\\u003c')}
  return re.sub(r'\{\{(\w+)\}\}', lambda found: parts[found.group(1)], page)


def rounded(value):
  if isinstance(value, float):
    return float(f'{value:.5g}')
  if isinstance(value, list):
    return [rounded(entry) for entry in value]
  return {key: rounded(entry) for key, entry in value.items()} if isinstance(value, dict) else value


def write_page(doc, sample, kind, without):
  """The command line of a sample: writes its page; parts that are left out become `without()`."""
  parser = argparse.ArgumentParser(description=doc.splitlines()[0])
  parser.add_argument('out', type=pathlib.Path)
  parser.add_argument('--without', nargs='*', default=[], metavar='PART', help=f'leave these parts of the data out, as {json.dumps(without())}')
  arguments = parser.parse_args()
  data = rounded(sample)
  unknown = set(arguments.without) - set(data)
  if unknown:
    parser.error(f'no such part: {", ".join(sorted(unknown))}; there are {", ".join(data)}')
  data.update({part: without() for part in arguments.without})
  arguments.out.write_text(assemble(data, kind))


if __name__ == '__main__':
  write_page(__doc__, sample(), 'report', lambda: None)
