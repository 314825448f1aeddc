"""The step kernel of the shipped robot keeps to its budget on architectures that nobody here has.

python gpu_static_test.py NVCC
"""

import json
import pathlib
import subprocess
import sys

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / 'bench/gpu_static.py'
WITHOUT_SPILLS = {'sm_80', 'sm_90'}
MOST_INSTRUCTIONS = {'sm_90': 15000}  # a physics step, four threads together


def main(nvcc):
  run = subprocess.run([sys.executable, str(SCRIPT), '--json', '--nvcc', nvcc, '--arch', '80', '90', '120'],
                       stdout=subprocess.PIPE, text=True, check=True)
  rows = [json.loads(line) for line in run.stdout.splitlines()]
  assert [row['arch'] for row in rows] == ['sm_80', 'sm_90', 'sm_120'], rows
  problems = []
  for row in rows:
    print(row)
    spills = row['spill_store_bytes'] + row['spill_load_bytes']
    if row['arch'] in WITHOUT_SPILLS and (spills or row['stack_bytes']):
      problems.append(f'{row["arch"]}: {spills} bytes of spills, {row["stack_bytes"]} of stack; expected none')
    most = MOST_INSTRUCTIONS.get(row['arch'], float('inf'))
    if not 5000 < row['instructions_per_physics_step'] <= most:
      problems.append(f'{row["arch"]}: {row["instructions_per_physics_step"]} instructions a step; expected at most {most}')
    if row['warps_per_sm'] < 8:
      problems.append(f'{row["arch"]}: {row["warps_per_sm"]} warps a multiprocessor; expected at least 8')
  sys.exit('\n'.join(problems) or 0)


if __name__ == '__main__':
  main(*sys.argv[1:])
