"""What the compiled kernels of the learner say of themselves, without a GPU.

python learner_static.py [--json] [--arch 90] [--nvcc NVCC]

Compiles each of kernels/learner/*.cu once for each architecture and prints, of every kernel in it, what a thread has of registers,
stack and spills and how many instructions its text has, each counted once, and how many of them its loops.
"""

import argparse
import json
import pathlib
import re
import subprocess
import tempfile

from gpu_static import LOCAL_MEMORY, ROOT, disassembly, fail, find_tool, loops, opcode, parsed, resources

SOURCES = sorted((ROOT / 'kernels/learner').glob('*.cu'))


def kernel_names(text):
  """Mangled names of a disassembly's kernels."""
  return re.findall(r'^\s*\.section\s+\.text\.(\w+)', text, re.MULTILINE)


def short_name(mangled):
  """sample_kernel of _ZN6kernel...13sample_kernelENS_10SampleArgsE."""
  match = re.search(r'\d([a-z_]+_kernel)', mangled)
  if not match:
    fail(f'{mangled} is no kernel of kernels/learner')
  return match.group(1)


def in_loops(instructions, labels):
  """Instructions that stand in a loop."""
  inside = set()
  for first, last in loops(instructions, labels):
    inside.update(range(first, last + 1))
  return len(inside)


def measure(source, arch, nvcc, nvdisasm):
  """A row a kernel."""
  with tempfile.TemporaryDirectory() as folder:
    cubin = pathlib.Path(folder) / 'kernel.cubin'
    command = [nvcc, '-cubin', '-o', str(cubin), '-O3', '-DNDEBUG', '-std=c++20', '--expt-relaxed-constexpr', '-Xptxas=-v',
               f'--generate-code=arch=compute_{arch},code=sm_{arch}', f'-I{ROOT}', f'-I{ROOT}/include', str(source)]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode != 0:
      fail(f'sm_{arch}: {nvcc} failed: {(run.stderr.strip() or run.stdout.strip()).splitlines()[0]}')
    text = disassembly(nvdisasm, cubin)
  rows = []
  for mangled in kernel_names(text):
    instructions, labels = parsed(text, mangled)
    rows.append(dict(kernel=short_name(mangled), arch=f'sm_{arch}', **resources(run.stderr + run.stdout, mangled),
                     instructions=len(instructions), loop_instructions=in_loops(instructions, labels),
                     local_accesses=sum(opcode(i) in LOCAL_MEMORY for i in instructions)))
  return sorted(rows, key=lambda row: row['kernel'])


def main():
  parser = argparse.ArgumentParser()
  parser.add_argument('--json', action='store_true')
  parser.add_argument('--arch', type=int, nargs='+', default=[90])
  parser.add_argument('--nvcc')
  arguments = parser.parse_args()
  nvcc, nvdisasm = find_tool('nvcc', arguments.nvcc), find_tool('nvdisasm')
  if not arguments.json:
    print(f'{"arch":8}{"kernel":32}{"registers":>10}{"stack":>7}{"spills":>8}{"shared":>8}{"local":>7}{"instructions":>14}{"in loops":>10}')
  for arch in arguments.arch:
    for source in SOURCES:
      for row in measure(source, arch, nvcc, nvdisasm):
        if arguments.json:
          print(json.dumps(row), flush=True)
        else:
          print(f'{row["arch"]:8}{row["kernel"]:32}{row["registers"]:10}{row["stack_bytes"]:7}'
                f'{row["spill_store_bytes"] + row["spill_load_bytes"]:8}{row["static_shared_bytes"]:8}{row["local_accesses"]:7}'
                f'{row["instructions"]:14}{row["loop_instructions"]:10}', flush=True)


if __name__ == '__main__':
  main()
