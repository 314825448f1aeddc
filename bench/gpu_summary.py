"""Gathers the logs of bench/gpu_acceptance.sh into OUT/results.json and OUT/results.md.

python gpu_summary.py LOGS OUT
"""

import csv
import json
import pathlib
import sys


def json_lines(path):
  """The JSON objects of a file, an object a line; none where the part did not run or failed early."""
  if not path.exists():
    return []
  return [json.loads(line) for line in path.read_text().splitlines() if line.startswith('{')]


def counters(path):
  """Metric names and values of ncu's raw page: a row of names, one of units, one a kernel."""
  if not path.exists():
    return {}
  rows = list(csv.reader(path.read_text().splitlines()))
  header = next((at for at, row in enumerate(rows) if row and row[0] == 'ID'), None)
  if header is None or len(rows) < header + 3:
    return {}
  rows = rows[header:]
  names, units, values = rows[0], rows[1], rows[2]
  return {name: f'{value} {unit}'.strip() for name, unit, value in zip(names, units, values) if '__' in name or name == 'Kernel Name'}


def lines_of(path):
  return path.read_text().split('\n')[:-1] if path.exists() else []


def main(folder, out):
  folder, out = pathlib.Path(folder), pathlib.Path(out)
  name, driver, sm_clock, memory_clock, memory = [
      x.strip() for x in (folder / 'device.csv').read_text().splitlines()[0].split(',')]
  parts = [line.split('\t') for line in (folder / 'parts.tsv').read_text().splitlines()]
  results = {
      'device': name, 'driver': driver, 'max_sm_clock': sm_clock, 'max_memory_clock': memory_clock, 'memory': memory,
      'commit': (folder / 'commit').read_text().strip(),
      'parts': {part: {'exit_code': int(code), 'seconds': int(seconds)} for part, code, seconds in parts},
      'bench': json_lines(folder / 'bench.out'),
      'train': json_lines(folder / 'train_bench.out') + json_lines(folder / 'train_bench_unrecorded.out'),
      'mjx': json_lines(folder / 'mjx.out'),
      'static': json_lines(folder / 'static.out'),
      'ncu': counters(folder / 'ncu.csv'),
      'gpu_tests': lines_of(folder / 'gpu_tests'),
      'not_passed': lines_of(folder / 'not_passed'),
  }
  for row in results['bench']:
    row['control_step_us'] = 1e6 * row['num_envs'] / row['env_steps_per_s']
  (out / 'results.json').write_text(json.dumps(results, indent=1) + '\n')

  lines = [f'# {name}', '', f'Driver {driver}, clocks up to {sm_clock} and {memory_clock}, {memory}; commit {results["commit"]}.', '',
           '| environments | environment steps/s | physics steps/s | control step |', '|---|---|---|---|']
  for row in results['bench']:
    lines.append(f'| {row["num_envs"]} | {row["env_steps_per_s"] / 1e6:.1f} M | {row["physics_steps_per_s"] / 1e6:.0f} M | '
                 f'{row["control_step_us"]:.0f} us |')
  for row in results['train']:
    lines += ['', f'Training, {row["num_envs"]} environments, learning included: {row["train_steps_per_s"] / 1e6:.2f} M environment steps/s; '
              f'an iteration plays {row["recorded_operations"]} operations from recordings, the host asks for {row["host_operations"]} and waits '
              f'{row["host_waits"]} time(s).']
  for row in results['mjx']:
    lines += ['', f'MJX, {row["num_envs"]} environments, the same model: {row["physics_steps_per_s"] / 1e6:.2f} M physics steps/s.']
  if results['ncu']:
    lines += ['', '| counter of one launch, 65,536 environments | value |', '|---|---|']
    lines += [f'| {key} | {value} |' for key, value in results['ncu'].items()]
  lines += ['', f'Tests that need a GPU: {len(results["gpu_tests"])}; not passed, skipped ones included: {len(results["not_passed"])}.', '']
  lines += [f'- **{test}** did not pass' if test in results['not_passed'] else f'- {test}' for test in results['gpu_tests']]
  lines += [f'- **{test}**' for test in results['not_passed'] if test not in results['gpu_tests']]
  lines += ['', '| part | exit code | seconds |', '|---|---|---|']
  lines += [f'| {part} | {code} | {seconds} |' for part, code, seconds in parts]
  (out / 'results.md').write_text('\n'.join(lines) + '\n')


if __name__ == '__main__':
  main(*sys.argv[1:])
