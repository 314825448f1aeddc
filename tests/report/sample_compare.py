"""A made-up comparison, for looking at its page and for testing it without trained runs.

python sample_compare.py OUT.html [--without reached visited ...]

The data has the form that src/report/compare_page.cpp writes: numbers that are not known are null.
"""

import math
import random

import sample_report

METHODS = ['default:ppo', 'default:a2c', 'default:es', 'default:ars', 'default:cem', 'default:cma-es', 'default:sac']
COUNTS = [5, 5, 5, 5, 2, 1]  # runs that have what the others end with; the last method has none
POINTS = 120


def band(noise, first, last, known):
  """Towards `last`, the faster the earlier the method; nothing after the share `known`."""
  low, median, high = [], [], []
  for k in range(POINTS + 1):
    share = k / POINTS
    if not 0.01 < share <= known:
      value = spread = None
    else:
      value = last + (first - last) * math.exp(-6 * share) + noise.gauss(0, 0.01)
      spread = 0.05 * abs(first - last) * (1 - 0.5 * share)
    low.append(None if value is None else value - spread)
    median.append(value)
    high.append(None if value is None else value + spread)
  return {'low': low, 'median': median, 'high': high}


def curve(noise, name, first, last, who):
  def along(end):
    nothing = {key: [None] * (POINTS + 1) for key in ('low', 'median', 'high')}
    return {'x': [end * k / POINTS for k in range(POINTS + 1)],
            'methods': [band(noise, first, last + 0.05 * m, 1 - 0.1 * m) if m in who else nothing for m in range(len(METHODS))]}
  return {'name': name, 'unit': 'm/s' if 'velocity' in name else '', 'steps': along(2e7), 'seconds': along(310.0)}


def reached(threshold):
  return {'threshold': threshold,
          'methods': [{'steps': None if m > 3 else 1e6 * (m + 1) / threshold, 'seconds': None if m > 3 else 12.5 * (m + 1), 'count': max(0, 5 - m), 'of': 5}
                      for m in range(len(METHODS))]}


def quantity(title, unit, decimals, size):
  return {'title': title, 'unit': unit, 'decimals': decimals,
          'methods': [{'median': size + 0.1 * m, 'low': size + 0.1 * m - 0.03, 'high': size + 0.1 * m + 0.04, 'count': COUNTS[m], 'of': 5} if m < 6 else
                      {'median': None, 'low': None, 'high': None, 'count': 0, 'of': 5} for m in range(len(METHODS))]}


def visited(name, unit, end, bins):
  middles = [end * (k + 0.5) / bins for k in range(bins)]
  def share(m):
    weights = [math.exp(-((k + 0.5) / bins - 0.3 - 0.05 * m)**2 / 0.02) for k in range(bins)]
    return [weight / sum(weights) for weight in weights]
  return {'name': name, 'unit': unit, 'middles': middles, 'methods': [share(m) if m < 6 else [None] * bins for m in range(len(METHODS))]}


def sample():
  noise = random.Random(3)
  everyone = range(len(METHODS))
  return {
      'title': 'made up </script> & {{style}}',
      'summary': [['robot', 'pupper_v3'], ['task', 'velocity'], ['budget', '20M steps each'], ['seeds', '5']],
      'methods': METHODS, 'measure': 'env/velocity_error', 'measure_unit': 'm/s', 'smaller_is_better': True,
      'curves': [curve(noise, 'env/velocity_error', 0.7, 0.12, everyone), curve(noise, 'episode/return', 0, 15, everyone),
                 curve(noise, 'train/entropy', 8.6, -4, (0, 1)), curve(noise, 'train/sigma', 1, 0.02, (4, 5))],
      'reached': [reached(0.4), reached(0.3), reached(0.2)],
      'last': {'quantities': [quantity('last env/velocity_error', 'm/s', 4, 0.15), quantity('judged nominal velocity', 'm/s', 3, 0.13),
                              quantity('judged nominal falls', 'of 96', 1, 0)],
               'doubts': ['In judged nominal falls these seeds do not tell apart from the best, default:ppo: default:a2c, default:es.']},
      'visited': [visited('height', 'm', 0.3, 30), visited('tilt', 'rad', 1.2, 24), visited('speed', 'm/s', 1.5, 30), visited('feet on the floor', '', 5, 5)],
  }


if __name__ == '__main__':
  sample_report.write_page(__doc__, sample(), 'compare', list)
