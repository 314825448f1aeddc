"""The learner's kernels keep to their budgets on an architecture that nobody here has.

python learner_static_test.py NVCC
"""

import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'bench'))
import learner_static  # noqa: E402

# At most, on sm_90: registers a thread, and instructions of the whole text, each counted once. No kernel may spill, have a stack, touch
# local memory or have static shared memory (theirs is dynamic, as the host's stand-in for CUDA needs it).
BUDGETS = {
    'activation_backward_kernel': (40, 450),
    'adam_kernel': (48, 1450),
    'advantage_kernel': (48, 700),
    'bias_activation_kernel': (32, 700),
    'column_sums_kernel': (40, 260),
    'epoch_kernel': (56, 1050),
    'gather_kernel': (48, 500),
    'loss_kernel': (40, 1450),
    'merge_kernel': (64, 1500),
    'minibatch_kernel<bf16,16>': (216, 14500),
    'minibatch_kernel<bf16,32>': (216, 13300),
    'minibatch_kernel<bf16,64>': (254, 18000),
    'minibatch_kernel<fp32,16>': (224, 8900),
    'minibatch_kernel<fp32,32>': (224, 9300),
    'minibatch_kernel<fp32,64>': (216, 12800),
    'minibatch_kernel<tf32,16>': (200, 7400),
    'minibatch_kernel<tf32,32>': (208, 7600),
    'minibatch_kernel<tf32,64>': (208, 10300),
    'moment_kernel': (48, 500),
    'noise_kernel': (32, 520),
    'normalise_kernel': (40, 950),
    'order_kernel': (32, 560),
    'reduce_kernel': (40, 370),
    'sample_kernel': (40, 520),
}
# Of the minibatch kernel, instructions that a warp executes for a row (learner_static.instructions_a_row).
A_ROW = {
    'minibatch_kernel<bf16,16>': 10050,
    'minibatch_kernel<bf16,32>': 6350,
    'minibatch_kernel<bf16,64>': 3550,
    'minibatch_kernel<fp32,16>': 16650,
    'minibatch_kernel<fp32,32>': 13150,
    'minibatch_kernel<fp32,64>': 11950,
    'minibatch_kernel<tf32,16>': 7850,
    'minibatch_kernel<tf32,32>': 5900,
    'minibatch_kernel<tf32,64>': 3750,
}
NONE_OF = ('spill_store_bytes', 'spill_load_bytes', 'stack_bytes', 'local_accesses', 'static_shared_bytes')


def problems(row):
  """What of a kernel is over its budget, in words."""
  if row['kernel'] not in BUDGETS:
    return [f'{row["kernel"]} has no budget']
  registers, instructions = BUDGETS[row['kernel']]
  most = {'registers': registers, 'instructions': instructions, **dict.fromkeys(NONE_OF, 0)}
  if row['kernel'] in A_ROW:
    most['instructions_a_row'] = A_ROW[row['kernel']]
  found = [f'{row["kernel"]}, {row["arch"]}: {key} {row[key]}; expected at most {limit}' for key, limit in most.items() if row[key] > limit]
  if row['instructions'] < instructions // 2:
    found.append(f'{row["kernel"]}, {row["arch"]}: only {row["instructions"]} instructions; lower its budget')
  return found


def check_planted():
  row = dict(kernel='sample_kernel', arch='sm_90', registers=30, instructions=500, **dict.fromkeys(NONE_OF, 0))
  assert problems(row) == [], problems(row)
  for key, value in [('registers', 41), ('instructions', 521), ('instructions', 10), ('kernel', 'unknown_kernel'), *((key, 4) for key in NONE_OF)]:
    assert len(problems({**row, key: value})) == 1, key
  tile = dict(row, kernel='minibatch_kernel<tf32,64>', registers=200, instructions=9000, instructions_a_row=3600)
  assert problems(tile) == [] and len(problems(dict(tile, instructions_a_row=4000))) == 1
  assert learner_static.short_name('_ZN6kernel12_GLOBAL__N_116minibatch_kernelILNS_12TileProductsE1ELi64EEEvNS_13MinibatchArgsE') == tile['kernel']
  tensor = ['HMMA.1688.F32.TF32 R0, R1, R2, R0', '@P0 FFMA R0, R1, R2, R3', 'FADD R0, R1, R2']
  assert learner_static.multiplications(tensor) == 1024 + 32
  assert learner_static.short_name('_ZN6kennel44_GLOBAL__N__7c0_9_policy_cu_5c13sample_kernelENS_10SampleArgsE') == 'sample_kernel'


def main(nvcc):
  check_planted()
  run = subprocess.run([sys.executable, learner_static.__file__, '--json', '--nvcc', nvcc], stdout=subprocess.PIPE, text=True, check=True)
  rows = [json.loads(line) for line in run.stdout.splitlines()]
  found = [problem for row in rows for problem in problems(row)]
  found += [f'{kernel} was not compiled' for kernel in BUDGETS.keys() - {row['kernel'] for row in rows}]
  sys.exit('\n'.join(found) or 0)


if __name__ == '__main__':
  main(sys.argv[1])
