"""How fast training should be on a GPU that nobody has measured yet: a sum of parts, each with its reason.

python gpu_prediction.py [--json] [--envs 4096] [--steps 24] [--hidden 128 128 128] [--epochs 5] [--minibatches 4] [--operations 217]

Every line is predicted, none measured. Physics comes from bench/results/gpu_static.jsonl (instructions of the compiled kernel, issued in 60 % of the
time where a multiprocessor has all the warps it can hold, and in proportion less often with fewer); the library's products, while
experience is collected, are the slower of their arithmetic and their memory traffic; an update is the minibatch kernel's instructions
(bench/learner_static.py counts them), or its tensor cores' arithmetic where that takes longer, and then its partial gradients' way to memory
and back; each operation beside a product's own time costs a launch. What nobody can know before a measurement is how near products come to
a card's peak, and how often the minibatch kernel's few warps issue an instruction: half of the peak is assumed and an instruction in 60 % of
the time, and the figures with half of each stand beside them.
--operations is what tests/learners/operation_budget_test.cpp counts for an iteration of three epochs with three minibatches; other shapes
are scaled by gradient steps.
"""

import argparse
import functools
import json
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[1]
# NVIDIA's data sheets, dense: multiprocessors, TFLOP/s in fp32, tf32 and bf16, memory TB/s.
CARDS = {'H100 SXM': (132, dict(fp32=67.0, tf32=494.0, bf16=989.0), 3.35), 'H200 SXM': (132, dict(fp32=67.0, tf32=494.0, bf16=989.0), 4.8)}
BOOST_HZ, SCHEDULERS = 1.98e9, 4  # of a multiprocessor, an instruction of a warp each a cycle
# Instructions that a warp executes for a row in the minibatch kernel, networks of 128-128-128, by the rows of its tile: learner_static.py, sm_90.
A_ROW = {64: dict(fp32=11396, tf32=3576, bf16=3361), 32: dict(fp32=12544, tf32=5613, bf16=6051)}
ISSUE_SHARE = 0.6
BLOCK_WORDS, PANEL_WORDS = 227 * 256, 3 * 128 * 40  # of shared memory: a block's, and of it the panels of weights
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


def multiplications(nets):
  """Of a row, forward and backward."""
  return sum(3 * a * b for net in nets for a, b in net) - sum(net[0][0] * net[0][1] for net in nets)


def tile_rows(nets):
  """As kernels/learner/tile_memory.h has it, but for the few numbers of the losses."""
  width = max(sum(-(-n // 32) * 32 + 8 for n in [net[0][0], *(b for _, b in net)]) for net in nets)
  return next(rows for rows in (64, 32) if PANEL_WORDS + rows * (width + 16) <= BLOCK_WORDS)


def update_time(rows, nets, precision, reach, card):
  """Of a minibatch, forward and backward."""
  multiprocessors, tflop, memory = card
  tile = tile_rows(nets)
  default = [layers(OBS, [128] * 3, ACTION), layers(PRIVILEGED, [128] * 3, 1)]
  a_row = A_ROW[tile][precision] * multiplications(nets) / multiplications(default)
  tiles, slices = -(-rows // tile), multiprocessors // 2
  issue = rows * a_row / (multiprocessors * SCHEDULERS * BOOST_HZ * ISSUE_SHARE * 2 * reach)
  arithmetic = 2 * rows * multiplications(nets) / (reach * 1e12 * tflop[precision])
  # A tile's weight gradients are read and written, but for a slice's first, and the slices are read once more.
  partial = 4 * (2 * tiles) * sum((a + 1) * b for net in nets for a, b in net) / (0.8e12 * memory)
  waves = -(-tiles // slices) * slices / tiles  # the last round of tiles may not fill the card
  return waves * max(issue, arithmetic) + partial


@functools.cache
def physics_rate(arch='sm_90', kernel='folded'):
  rows = map(json.loads, (ROOT / 'bench/results/gpu_static.jsonl').read_text().splitlines())
  row = [r for r in rows if r['arch'] == arch and r['kernel'] == kernel][-1]
  return row['predicted_physics_steps_per_s'], row['warps_per_sm']


def predict(card, precision, launches, reach, args):
  multiprocessors, tflop, memory = CARDS[card]
  # The library's products are in tf32 where the update's are in bf16.
  flop_s, bytes_s = reach * 1e12 * tflop['fp32' if precision == 'fp32' else 'tf32'], 0.8e12 * memory
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
      'update': updates * update_time(minibatch, both, precision, reach, CARDS[card]),
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
  parser.add_argument('--operations', type=int, default=217)
  args = parser.parse_args()
  rows = [predict(card, precision, launches, reach, args) for card in CARDS for precision in ('fp32', 'tf32', 'bf16')
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
