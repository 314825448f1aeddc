"""What the compiled step kernel says of itself, without a GPU.

python gpu_static.py [--json] [--arch 80 90 120] [--kernel folded go1 ...] [--nvcc NVCC]

Compiles kernels/step_kernel.h once for each architecture, reads registers, stack and spills from ptxas and counts the instructions that
a physics step executes in the disassembly: one pass through the loop over physics steps, with each loop inside it (the solver's)
taken as often as training takes it. Prints an object an architecture, or a table. Both sides of a branch count, so the count is an
upper bound; but where a kernel's text holds two solvers, of which a robot runs one, only the longer one's loop counts. Of the same loop
it counts bytes of code (they compete for the instruction cache), divergence barriers (where threads of a warp that took different
branches wait for each other) and accesses to local memory; shared memory and what is left of its budget come from
kernels/block_memory.h.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
# The walking task's kernels (those of other tasks differ outside the loop that is counted): for the shipped robots, for plain ones with
# contact spheres on shank and foot or on the foot alone, and for any robot. How it is called in C++, how its name ends in the compiler's
# output, and its threads a block.
KERNELS = {
    'folded': ('folded_step_kernel<Walk, pupper_v3::Folded>', '18folded_step_kernelINS0_4WalkENS_9pupper_v36FoldedE', 128),
    'go1': ('folded_step_kernel<Walk, go1::Folded>', '18folded_step_kernelINS0_4WalkENS_3go16FoldedE', 128),
    'plain': ('loaded_step_kernel<Walk, PlainWarpLeg<Links<1, 2>>>',
              '18loaded_step_kernelINS0_4WalkENS_14PlainLegThreadINS_11WarpShuffleENS_5LinksIJLi1ELi2EEEEEE', 64),
    'plain_feet': ('loaded_step_kernel<Walk, PlainWarpLeg<Links<2>>>',
                   '18loaded_step_kernelINS0_4WalkENS_14PlainLegThreadINS_11WarpShuffleENS_5LinksIJLi2EEEEEE', 64),
    'general': ('loaded_step_kernel<Walk, LoadedWarpLeg>', '18loaded_step_kernelINS0_4WalkENS_15LoadedLegThreadINS_11WarpShuffleELi2EEEE', 64),
    'many': ('loaded_step_kernel<Walk, ManyLoadedWarpLeg>', '18loaded_step_kernelINS0_4WalkENS_15LoadedLegThreadINS_11WarpShuffleELi6EEEE', 64),
}
# What is compiled: the kernels that are asked for, each of which takes half a minute.
SOURCE = """#include "envs/tasks/walk.h"
#include "kernels/step_kernel.h"

namespace kennel::quadruped {{
StepFunction compiled[] = {{{kernels}}};
}}
"""
# As kernels/block_memory.h calls them.
MEMORY = {'folded': 'folded', 'go1': 'folded', 'plain': 'general', 'plain_feet': 'general', 'general': 'general', 'many': 'many'}
SOLVER_ITERATIONS = 2  # training's
# Loops of which a physics step runs one: solver.h, and stiff_solver.h for robots that need it.
SOLVERS = {'folded': 1, 'go1': 1, 'plain': 1, 'plain_feet': 1, 'general': 2, 'many': 2}
THREADS_PER_ENV = 4
REGISTERS_PER_SM = 65536
BYTES_PER_INSTRUCTION = 16
# Where threads of a warp wait for those that took another branch, and memory that a thread has for itself.
DIVERGENCE_BARRIERS = {'BSSY', 'BSYNC', 'WARPSYNC'}
LOCAL_MEMORY = {'LDL', 'STL'}
# A GPU of each architecture: multiprocessors, boost clock [GHz], and of a multiprocessor warps and float lanes.
GPUS = {
    75: ('T4', 40, 1.59, 32, 64),
    80: ('A100', 108, 1.41, 64, 64),
    86: ('RTX A6000', 84, 1.80, 48, 128),
    89: ('RTX 6000 Ada', 142, 2.50, 48, 128),
    90: ('H200', 132, 1.98, 64, 128),
    100: ('B200', 148, 1.96, 64, 128),
    120: ('RTX PRO 6000', 188, 2.60, 48, 128),
}
# Share of the peak float rate that dense float code with few memory accesses reaches; an assumption until it is measured.
ISSUE_SHARE = 0.6


def fail(message):
  sys.exit(f'kennel: {message}')


def find_tool(name, wanted=None):
  wheels = pathlib.Path(sysconfig.get_paths()['purelib']) / 'nvidia'
  candidates = [wanted, shutil.which(name), f'/usr/local/cuda/bin/{name}', *map(str, wheels.glob(f'*/bin/{name}'))]
  if name == 'nvcc':
    candidates.insert(1, os.environ.get('CUDACXX'))
  for candidate in candidates:
    if candidate and os.access(candidate, os.X_OK):
      return candidate
  package = {'nvcc': 'cuda-toolkit[nvcc,cccl,cudart,crt,nvvm]==13.0.2', 'nvdisasm': 'nvidia-cuda-nvdisasm'}[name]
  fail(f'{name} is missing; install the CUDA toolkit, or: {sys.executable} -m pip install "{package}"')


def compile_kernels(nvcc, arch, kernels, cubin):
  """The kernels as a cubin; returns what ptxas says of each function."""
  source = cubin.with_suffix('.cu')
  source.write_text(SOURCE.format(kernels=', '.join(KERNELS[kernel][0] for kernel in kernels)))
  command = [nvcc, '-cubin', '-o', str(cubin), '-O3', '-DNDEBUG', '-std=c++20', '--expt-relaxed-constexpr', '-Xptxas=-v',
             f'--generate-code=arch=compute_{arch},code=sm_{arch}', f'-I{ROOT}', f'-I{ROOT}/include',
             str(source)]
  run = subprocess.run(command, capture_output=True, text=True)
  if run.returncode != 0:
    fail(f'sm_{arch}: {nvcc} failed: {(run.stderr.strip() or run.stdout.strip()).splitlines()[0]}')
  return run.stderr + run.stdout


def resources(log, kernel):
  """Registers and bytes of stack, spills and static shared memory of the kernel."""
  part = next((p for p in re.split(r'Compiling entry function|Function properties for', log)[1:]
               if kernel in p.split('\n')[0] and 'bytes stack frame' in p), None)
  if part is None:
    fail(f'ptxas said nothing of {kernel}; is it still in kernels/step_kernel.h?')
  stack, stores, loads = map(int, re.search(r'(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads', part).groups())
  registers = int(re.search(r'Used (\d+) registers', part).group(1))
  shared = re.search(r'(\d+) bytes smem', part)
  return dict(registers=registers, stack_bytes=stack, spill_store_bytes=stores, spill_load_bytes=loads,
              static_shared_bytes=int(shared.group(1)) if shared else 0)


def block_memory(nvcc):
  """Shared memory by kernel, and its budget by architecture and kernel, as kernels/block_memory.h has them."""
  with tempfile.TemporaryDirectory() as folder:
    program = pathlib.Path(folder) / 'block_memory'
    run = subprocess.run([nvcc, '-std=c++20', '-cudart=none', '-cudadevrt=none', f'-I{ROOT}', f'-I{ROOT}/include', '-o', str(program), str(ROOT / 'bench/block_memory.cpp')],
                         capture_output=True, text=True)
    if run.returncode != 0:
      fail(f'{nvcc} could not compile bench/block_memory.cpp: {(run.stderr.strip() or run.stdout.strip()).splitlines()[0]}')
    return json.loads(subprocess.run([str(program)], capture_output=True, text=True, check=True).stdout)


def disassembly(nvdisasm, cubin):
  return subprocess.run([nvdisasm, '-c', str(cubin)], capture_output=True, text=True, check=True).stdout


def parsed(text, kernel):
  """The kernel's instructions and the positions of its labels."""
  inside, instructions, labels = False, [], {}
  for line in map(str.strip, text.splitlines()):
    if re.match(r'\.section\s', line):
      inside = '.text.' in line and kernel in line
    elif inside and (label := re.match(r'(\.L_\w+):', line)):
      labels[label.group(1)] = len(instructions)
    elif inside and (instruction := re.match(r'/\*[0-9a-f]+\*/\s+(.*?)\s*;', line)):
      instructions.append(instruction.group(1))
  return instructions, labels


def loops(instructions, labels):
  """(first, last) of every backward branch that spans more than itself."""
  found = []
  for last, instruction in enumerate(instructions):
    target = re.search(r'\bBRA\b.*`\((\.L_\w+)\)', instruction)
    if target and labels.get(target.group(1), last) < last:
      found.append((labels[target.group(1)], last))
  return found


def physics_loop(instructions, labels):
  """(first, last) of the loop over physics steps, which is the longest."""
  found = loops(instructions, labels)
  if not found:
    fail('the kernel has no loop over physics steps')
  return max(found, key=lambda loop: loop[1] - loop[0])


def opcode(instruction):
  """BSSY of '@!P0 BSSY.RECONVERGENT B0, `(.L_x_1)'."""
  words = instruction.split()
  return words[1 if words[0].startswith('@') else 0].split('.')[0]


def loop_contents(instructions, labels):
  """What stands in the loop over physics steps, each instruction counted once."""
  first, last = physics_loop(instructions, labels)
  opcodes = [opcode(instruction) for instruction in instructions[first:last + 1]]
  return dict(loop_code_bytes=BYTES_PER_INSTRUCTION * len(opcodes),
              loop_divergence_barriers=sum(code in DIVERGENCE_BARRIERS for code in opcodes),
              loop_local_accesses=sum(code in LOCAL_MEMORY for code in opcodes))


def instructions_per_step(instructions, labels, solvers):
  """Instructions that a thread executes in a physics step: the longest of the solvers' loops as often as training takes it, the others
  not at all."""
  found = loops(instructions, labels)
  first, last = physics_loop(instructions, labels)
  inner = [(a, b) for a, b in found if first < a and b < last]
  outermost = [loop for loop in inner if not any(a <= loop[0] and loop[1] <= b and (a, b) != loop for a, b in inner)]
  if len(outermost) > solvers:
    fail(f'the kernel has {len(outermost)} loops inside a physics step; only {solvers} of solvers were expected')
  lengths = [b - a + 1 for a, b in outermost]
  return last - first + 1 - sum(lengths) + SOLVER_ITERATIONS * max(lengths, default=0)


def measure(arch, nvcc, nvdisasm, memory, kernels):
  """A row a kernel."""
  with tempfile.TemporaryDirectory() as folder:
    cubin = pathlib.Path(folder) / 'step.cubin'
    log = compile_kernels(nvcc, arch, kernels, cubin)
    text = disassembly(nvdisasm, cubin)
  return [row_of(kernel, arch, log, text, memory) for kernel in kernels]


def row_of(kernel, arch, log, text, memory):
  _, symbol, block = KERNELS[kernel]
  gpu, multiprocessors, ghz, max_warps, lanes = GPUS[arch]
  used, code = resources(log, symbol), parsed(text, symbol)
  count = THREADS_PER_ENV * instructions_per_step(*code, SOLVERS[kernel])
  shared, budget = memory['bytes'][MEMORY[kernel]], memory['budgets'][str(arch)]
  used.update(shared_bytes=shared + used['static_shared_bytes'],
              shared_left_bytes=budget[MEMORY[kernel]] - shared - used['static_shared_bytes'], **loop_contents(*code))
  per_thread = -(-used['registers'] // 8) * 8  # registers are handed out by eights
  blocks = min(REGISTERS_PER_SM // (per_thread * block),
               budget['multiprocessor'] // (used['shared_bytes'] + 1024),  # the system keeps 1 KiB a block
               max_warps * 32 // block)
  peak = multiprocessors * ghz * 1e9 * lanes
  return dict(arch=f'sm_{arch}', gpu=gpu, kernel=kernel, **used, warps_per_sm=blocks * block // 32,
              instructions_per_physics_step=count, issue_share=ISSUE_SHARE,
              predicted_physics_steps_per_s=ISSUE_SHARE * peak / count)


def main():
  parser = argparse.ArgumentParser()
  parser.add_argument('--json', action='store_true')
  parser.add_argument('--arch', type=int, nargs='+', default=[80, 90, 120], choices=sorted(GPUS))
  parser.add_argument('--kernel', nargs='+', default=['folded'], choices=sorted(KERNELS))
  parser.add_argument('--nvcc')
  arguments = parser.parse_args()
  nvcc, nvdisasm = find_tool('nvcc', arguments.nvcc), find_tool('nvdisasm')
  memory = block_memory(nvcc)
  if not arguments.json:
    print(f'{"arch":8}{"gpu":14}{"kernel":12}{"registers":>10}{"stack":>7}{"spills":>8}{"shared":>8}{"left":>8}{"warps/SM":>10}{"barriers":>10}'
          f'{"local":>7}{"code":>8}{"instructions":>14}{"predicted":>12}')
  for row in (row for arch in arguments.arch for row in measure(arch, nvcc, nvdisasm, memory, arguments.kernel)):
    if arguments.json:
      print(json.dumps(row), flush=True)
    else:
      print(f'{row["arch"]:8}{row["gpu"]:14}{row["kernel"]:12}{row["registers"]:10}{row["stack_bytes"]:7}'
            f'{row["spill_store_bytes"] + row["spill_load_bytes"]:8}{row["shared_bytes"]:8}{row["shared_left_bytes"]:8}'
            f'{row["warps_per_sm"]:10}{row["loop_divergence_barriers"]:10}{row["loop_local_accesses"]:7}{row["loop_code_bytes"]:8}'
            f'{row["instructions_per_physics_step"]:14}{row["predicted_physics_steps_per_s"] / 1e6:10.0f} M', flush=True)
  if not arguments.json:
    print(f'stack, spills, shared memory a block and what is left of its budget in bytes; divergence barriers, local memory accesses and '
          f'bytes of code in the loop over physics steps; instructions a physics step, four threads; steps a second at {ISSUE_SHARE:.0%} of the float rate')


if __name__ == '__main__':
  main()
