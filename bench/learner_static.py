"""What the compiled kernels of the learner say of themselves, without a GPU.

python learner_static.py [--json] [--arch 90] [--nvcc NVCC]

Compiles each of kernels/learner/*.cu once for each architecture and prints, of every kernel in it, what a thread has of registers,
stack and spills and how many instructions its text has, each counted once, and how many of them its loops. Of the minibatch kernel also
how many instructions of the loops that hold its products a warp executes for a row of the default networks, both sides of branches
counted, but not the loops inside them, which copy weights that cannot be read four at once.
"""

import argparse
import json
import pathlib
import re
import subprocess
import tempfile

from gpu_static import LOCAL_MEMORY, ROOT, disassembly, fail, find_tool, loops, opcode, parsed, resources

PRODUCTS = ('fp32', 'tf32', 'bf16')  # TileProducts of kernels/learner/learner_args.h
# Layers of the default policy and critic: inputs and outputs. Observations of two frames, as the walking task has them.
LAYERS = [(72, 128), (128, 128), (128, 128), (128, 12)], [(87, 128), (128, 128), (128, 128), (128, 1)]
TILE, COLUMN_WARPS = 32, 4  # kernels/learner/warp_tile.h, tile_memory.h
SOURCES = sorted((ROOT / 'kernels/learner').glob('*.cu'))


def kernel_names(text):
  """Mangled names of a disassembly's kernels."""
  return re.findall(r'^\s*\.section\s+\.text\.(\w+)', text, re.MULTILINE)


def short_name(mangled):
  """sample_kernel of _ZN6kernel...13sample_kernelENS_10SampleArgsE; minibatch_kernel<tf32,64> of that for tiles of 64 rows."""
  match = re.search(r'\d([a-z_]+_kernel)(?:ILNS\w*?TileProductsE(\d)ELi(\d+)E)?', mangled)
  if not match:
    fail(f'{mangled} is no kernel of kernels/learner')
  name, products, rows = match.groups()
  return f'{name}<{PRODUCTS[int(products)]},{rows}>' if products else name


def in_loops(instructions, labels):
  """Instructions that stand in a loop."""
  inside = set()
  for first, last in loops(instructions, labels):
    inside.update(range(first, last + 1))
  return len(inside)


def multiplications(instructions):
  """Of a warp, in products: an FMA is one a lane."""
  each = {'FFMA': 32, 'HMMA.1688': 16 * 8 * 8, 'HMMA.16816': 16 * 8 * 16}
  return sum(each.get(re.search(r'FFMA|HMMA\.\d+|$', i).group(), 0) for i in instructions)


def product_loops(instructions, labels):
  """The innermost loops that hold a product's arithmetic, as texts without the loops in them, in the order in which they stand."""
  dense = [(a, b) for a, b in loops(instructions, labels) if multiplications(instructions[a:b + 1]) >= TILE * TILE * 16]
  inner = [(a, b) for a, b in dense if not any((c, d) != (a, b) and a <= c and d <= b for c, d in dense)]
  nested = {k for c, d in loops(instructions, labels) if any((c, d) != (a, b) and a <= c and d <= b for a, b in inner) for k in range(c, d + 1)}
  return [[instructions[k] for k in range(a, b + 1) if k not in nested] for a, b in sorted(inner)]


def instructions_a_row(instructions, labels, rows):
  """Of the loops of products: forward through hidden layers, forward through the last one, gradients of the weights, of the inputs. The
  kernel holds them once for both networks, or once for each."""
  found = product_loops(instructions, labels)
  if len(found) not in (4, 8):
    fail(f'the minibatch kernel has {len(found)} loops of products; expected four, or four a network')
  ways = [found[:4], found[-4:]]
  if not any('HMMA.1688' in i for i in ways[0][0]) and any('HMMA.1688' in i for i in ways[1][0]):
    ways.reverse()  # of bf16, whose policy goes forward in tf32
  warps = COLUMN_WARPS * (2 if rows > 16 else 1)
  panels = [[(-(-i // TILE), -(-o // TILE)) for i, o in layers] for layers in LAYERS]
  total = 0
  for layers, (hidden, last, weights, inputs) in zip(panels, ways):
    total += sum(i for i, _ in layers[:-1]) * len(hidden) + layers[-1][0] * len(last) + sum(o for _, o in layers[1:]) * len(inputs)
    passes = rows * TILE * TILE / multiplications(weights)
    total += sum(i * o for i, o in layers) / warps * passes * len(weights)
  return round(total * warps / rows)


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
    row = dict(kernel=short_name(mangled), arch=f'sm_{arch}', **resources(run.stderr + run.stdout, mangled),
               instructions=len(instructions), loop_instructions=in_loops(instructions, labels),
               local_accesses=sum(opcode(i) in LOCAL_MEMORY for i in instructions))
    if tile := re.search(r',(\d+)>', row['kernel']):
      row['instructions_a_row'] = instructions_a_row(instructions, labels, int(tile.group(1)))
    rows.append(row)
  return sorted(rows, key=lambda row: row['kernel'])


def main():
  parser = argparse.ArgumentParser()
  parser.add_argument('--json', action='store_true')
  parser.add_argument('--arch', type=int, nargs='+', default=[90])
  parser.add_argument('--nvcc')
  arguments = parser.parse_args()
  nvcc, nvdisasm = find_tool('nvcc', arguments.nvcc), find_tool('nvdisasm')
  if not arguments.json:
    print(f'{"arch":8}{"kernel":32}{"registers":>10}{"stack":>7}{"spills":>8}{"shared":>8}{"local":>7}{"instructions":>14}{"in loops":>10}{"a row":>8}')
  for arch in arguments.arch:
    for source in SOURCES:
      for row in measure(source, arch, nvcc, nvdisasm):
        if arguments.json:
          print(json.dumps(row), flush=True)
        else:
          print(f'{row["arch"]:8}{row["kernel"]:32}{row["registers"]:10}{row["stack_bytes"]:7}'
                f'{row["spill_store_bytes"] + row["spill_load_bytes"]:8}{row["static_shared_bytes"]:8}{row["local_accesses"]:7}'
                f'{row["instructions"]:14}{row["loop_instructions"]:10}{row.get("instructions_a_row", ""):>8}', flush=True)


if __name__ == '__main__':
  main()
