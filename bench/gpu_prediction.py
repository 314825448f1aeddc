"""How fast training should be on a GPU that nobody has measured yet: a sum of parts, each with its reason.

python gpu_prediction.py [--json] [--envs 4096] [--steps 24] [--hidden 128 128 128] [--epochs 5] [--minibatches 4] [--operations 486]

Every line is predicted, none measured. Physics comes from bench/results/gpu_static.jsonl (instructions of the compiled kernel, issued in 60 % of the
time where a multiprocessor has all the warps it can hold, and in proportion less often with fewer); products are the slower of their
arithmetic and their memory traffic; each operation beside a product's own time costs a launch. What nobody can know before a measurement
is how near the library's small products come to a card's peak: half of it is assumed, and the figures with a quarter stand beside it.
--operations is what tests/learners/operation_budget_test.cpp counts for an iteration of three epochs with three minibatches; other shapes
are scaled by gradient steps.
"""

import argparse
import functools
import json
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[1]
# NVIDIA's data sheets, dense: multiprocessors, TFLOP/s in fp32 and tf32, memory TB/s.
CARDS = {'H100 SXM': (132, 67.0, 494.0, 3.35), 'H200 SXM': (132, 67.0, 494.0, 4.8)}
OBS, PRIVILEGED, ACTION = 72, 87, 12  # two frames of 36; one without noise and 51 more
PHYSICS_STEPS = 5
OUTPUT_BYTES = 1284  # that an environment step writes
ENV_SHARE = 1.158    # of a whole environment step over its physics: measured on a CPU
LAUNCH_S = {'eager': 4e-6, 'recorded': 1.5e-6}
COUNTED_UPDATES = 9  # gradient steps of the iteration whose operations were counted
WARPS_AN_ENV = 4 / 32


def layers(inputs, hidden, outputs):
  sizes = [inputs, *hidden, outputs]
  return list(zip(sizes, sizes[1:]))


def product_time(rows, inner, columns, flop_s, bytes_s):
  """Of (rows, inner) times (inner, columns), float32 in memory."""
  return max(2 * rows * inner * columns / flop_s, 4 * (rows * inner + inner * columns + rows * columns) / bytes_s)


def forward_time(rows, net, flop_s, bytes_s):
  return sum(product_time(rows, a, b, flop_s, bytes_s) for a, b in net)


def backward_time(rows, net, flop_s, bytes_s):
  """Gradients of weights, of hidden layers' outputs, and a pass over each of those for the activation's slope."""
  weights = sum(product_time(a, rows, b, flop_s, bytes_s) for a, b in net)
  inputs = sum(product_time(rows, b, a, flop_s, bytes_s) for a, b in net[1:])
  slopes = sum(3 * 4 * rows * b / bytes_s for _, b in net[:-1])
  return weights + inputs + slopes


@functools.cache
def physics_rate(arch='sm_90', kernel='folded'):
  rows = map(json.loads, (ROOT / 'bench/results/gpu_static.jsonl').read_text().splitlines())
  row = [r for r in rows if r['arch'] == arch and r['kernel'] == kernel][-1]
  return row['predicted_physics_steps_per_s'], row['warps_per_sm']


def predict(card, precision, launches, reach, args):
  multiprocessors, fp32, tf32, memory = CARDS[card]
  flop_s, bytes_s = reach * 1e12 * (fp32 if precision == 'fp32' else tf32), 0.8e12 * memory
  samples = args.envs * args.steps
  actor, critic = layers(OBS, args.hidden, ACTION), layers(PRIVILEGED, args.hidden, 1)
  rate, warps = physics_rate()
  filled = min(1.0, args.envs * WARPS_AN_ENV / (multiprocessors * warps))
  minibatch = samples / args.minibatches
  updates = args.epochs * args.minibatches
  both = [actor, critic]
  parts = {
      'simulator': samples * PHYSICS_STEPS * ENV_SHARE / (rate * filled) + samples * OUTPUT_BYTES / bytes_s,
      'policy': args.steps * forward_time(args.envs, actor, flop_s, bytes_s) + forward_time(samples, critic, flop_s, bytes_s),
      'update_forward': updates * sum(forward_time(minibatch, net, flop_s, bytes_s) for net in both),
      'update_backward': updates * sum(backward_time(minibatch, net, flop_s, bytes_s) for net in both),
      'launches': args.operations * (args.steps + updates) / (24 + COUNTED_UPDATES) * LAUNCH_S[launches],
  }
  seconds = sum(parts.values())
  return dict(prediction=True, gpu=card, precision=precision, launches=launches, reach=reach, num_envs=args.envs, num_steps=args.steps,
              hidden=args.hidden, epochs=args.epochs, minibatches=args.minibatches, steps_per_s=samples / seconds,
              seconds=seconds, warps_filled=filled, share={name: part / seconds for name, part in parts.items()})


def main():
  parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
  parser.add_argument('--json', action='store_true')
  parser.add_argument('--envs', type=int, default=4096)
  parser.add_argument('--steps', type=int, default=24)
  parser.add_argument('--hidden', type=int, nargs='+', default=[128, 128, 128])
  parser.add_argument('--epochs', type=int, default=5)
  parser.add_argument('--minibatches', type=int, default=4)
  parser.add_argument('--operations', type=int, default=486)
  args = parser.parse_args()
  rows = [predict(card, precision, launches, reach, args) for card in CARDS for precision in ('fp32', 'tf32')
          for launches in LAUNCH_S for reach in (0.5, 0.25)]
  if args.json:
    for row in rows:
      print(json.dumps(row))
    return
  print(f'prediction, not a measurement: {args.envs} x {args.steps}, {args.hidden}, {args.epochs} epochs, {args.minibatches} minibatches')
  for row in rows:
    shares = ', '.join(f'{name} {100 * part:.0f} %' for name, part in row['share'].items())
    print(f"{row['gpu']:9s} {row['precision']}, {row['launches']:8s}, products at {100 * row['reach']:.0f} % of peak: "
          f"{row['steps_per_s'] / 1e6:5.1f} million steps/s ({shares})")


if __name__ == '__main__':
  main()
