"""A made-up study of gradients, for looking at its page and for testing it without a study.

python sample_gradient.py OUT.html [--without groups]

The data has the form that src/report/gradient_page.cpp writes: numbers that are not known are null.
"""

import math

import sample_report

HORIZONS = [1, 2, 4, 8, 16, 32, 64]
ESTIMATES = ['zeroth', 'first', 'inverse variance', 'alpha']
SETTINGS = ['physics step 4 ms', 'physics step 2 ms', 'physics step 1 ms']


def growth(rate, size):
  """Nothing where it has not begun: a bias of 0 has no place on a logarithmic axis."""
  return [None if horizon < 2 else size * math.exp(rate * horizon / 16) for horizon in HORIZONS]


def curve(estimate, y, error):
  """\param error  as a share of y, or None where it is not known"""
  known = lambda value: None if value is None or error is None else error * value
  return {'name': estimate, 'y': y, 'error': [known(value) for value in y]}


def quantity(name, log, low, high, y, error=None):
  panels = [{'title': setting, 'curves': [curve(estimate, y(s, e), error) for e, estimate in enumerate(ESTIMATES)]}
            for s, setting in enumerate(SETTINGS)]
  return {'name': name, 'log': log, 'low': low, 'high': high, 'panels': panels}


def sample():
  quantities = [
      quantity('mean', True, 0.5, 40.0, lambda s, e: growth(0.6 + 0.1 * s, 1 + 0.2 * e), 0.2),
      quantity('bias', True, 1e-3, 10.0, lambda s, e: growth(1 + 0.2 * s, 0.002 * (e + 1)), 1.2),  # bars reach below 0
      quantity('variance', True, 0.02, 1e6, lambda s, e: growth(2 - 0.2 * e, 10.0**(2 - e))),
      quantity('cosine to the truth', False, -1.05, 1.05, lambda s, e: [math.cos(0.02 * (e + s) * horizon) for horizon in HORIZONS]),
  ]
  return {
      'title': 'made up </script> & {{style}}',
      'summary': [['task', 'pupper_v3'], ['samples', '64']],
      'axis': {'name': 'horizon, steps', 'log': True, 'values': HORIZONS, 'ticks': [str(horizon) for horizon in HORIZONS]},
      'groups': [{'title': 'sigma = 0.1', 'quantities': quantities}, {'title': 'sigma = 0.3', 'quantities': quantities}],
  }


if __name__ == '__main__':
  sample_report.write_page(__doc__, sample(), 'gradient', list)
