"""The step kernels keep to their budgets on architectures that nobody here has.

python gpu_static_test.py NVCC   compiles and checks them
python gpu_static_test.py        checks that planted faults are seen; needs no compiler
"""

import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'bench'))
import gpu_static  # noqa: E402

# At most, by kernel and architecture; the rest of what gpu_static.py prints is for people. The plain kernels branch on what a plain robot
# may have (drives that are no servos, forces on the free joint, implicit damping), and both sides count. The general one also
# branches on a robot's solver and on the links of its spheres, by which it indexes arrays on a stack. All are to reach half of the folded
# kernel's rate.
BUDGETS = {
    ('folded', 'sm_80'): dict(spills=0, stack_bytes=0, loop_divergence_barriers=0, loop_local_accesses=0, loop_code_bytes=47000,
                              instructions_per_physics_step=16500),
    ('folded', 'sm_90'): dict(spills=0, stack_bytes=0, loop_divergence_barriers=0, loop_local_accesses=0, loop_code_bytes=60000,
                              instructions_per_physics_step=14720),
    ('folded', 'sm_120'): dict(spills=0, stack_bytes=0, loop_divergence_barriers=0, loop_local_accesses=0, loop_code_bytes=60000,
                               instructions_per_physics_step=15000),
    ('go1', 'sm_90'): dict(spills=0, stack_bytes=0, loop_divergence_barriers=0, loop_local_accesses=0, loop_code_bytes=60000,
                           instructions_per_physics_step=14800),
    ('plain', 'sm_80'): dict(spills=0, stack_bytes=0, loop_divergence_barriers=10, loop_local_accesses=0, loop_code_bytes=69000,
                             instructions_per_physics_step=23400),
    ('plain', 'sm_90'): dict(spills=0, stack_bytes=0, loop_divergence_barriers=10, loop_local_accesses=0, loop_code_bytes=85000,
                             instructions_per_physics_step=21000),
    ('plain', 'sm_120'): dict(spills=0, stack_bytes=112, loop_divergence_barriers=10, loop_local_accesses=0, loop_code_bytes=86000,
                              instructions_per_physics_step=21500),
    ('plain_feet', 'sm_90'): dict(spills=0, stack_bytes=0, loop_divergence_barriers=10, loop_local_accesses=0, loop_code_bytes=79000,
                                  instructions_per_physics_step=19500),
    ('general', 'sm_90'): dict(spills=0, stack_bytes=184, loop_divergence_barriers=60, loop_local_accesses=54, loop_code_bytes=110000,
                               instructions_per_physics_step=28400),
    ('many', 'sm_90'): dict(spills=1650, stack_bytes=720, loop_divergence_barriers=160, loop_local_accesses=550, loop_code_bytes=180000,
                            instructions_per_physics_step=46500),
}
# At least; blocks of which a multiprocessor of sm_120 has room for three have 64 threads.
WARPS = {('plain', 'sm_120'): 6}


def problems(row):
  """What of a row is over its budget, in words."""
  name = f'{row["kernel"]} kernel, {row["arch"]}'
  measured = {**row, 'spills': row['spill_store_bytes'] + row['spill_load_bytes']}
  found = [f'{name}: {key} {measured[key]}; expected at most {most}'
           for key, most in BUDGETS[row['kernel'], row['arch']].items() if measured[key] > most]
  if row['instructions_per_physics_step'] < 5000:
    found.append(f'{name}: {row["instructions_per_physics_step"]} instructions a step are too few to be the physics')
  if row['shared_left_bytes'] < 0:
    found.append(f'{name}: {-row["shared_left_bytes"]} bytes of shared memory over the budget of kernels/block_memory.h')
  if row['static_shared_bytes'] != 0:
    found.append(f'{name}: {row["static_shared_bytes"]} bytes of static shared memory; all of it is in kernels/block_memory.h')
  warps = WARPS.get((row['kernel'], row['arch']), 8)
  if row['warps_per_sm'] < warps:
    found.append(f'{name}: {row["warps_per_sm"]} warps a multiprocessor; expected at least {warps}')
  return found


def check_compiled(nvcc):
  found = []
  for arch in sorted({arch for _, arch in BUDGETS}):
    kernels = [kernel for kernel, a in BUDGETS if a == arch]
    run = subprocess.run([sys.executable, gpu_static.__file__, '--json', '--nvcc', nvcc, '--kernel', *kernels,
                          '--arch', arch.removeprefix('sm_')], stdout=subprocess.PIPE, text=True, check=True)
    rows = [json.loads(line) for line in run.stdout.splitlines()]
    assert [row['kernel'] for row in rows] == kernels, rows
    for row in rows:
      print(row)
      found += problems(row)
  return found


# A kernel as nvdisasm prints it: a loop over physics steps from .L_x_1 on with the solver's inside it, and another kernel behind.
SASS = """
\t.section\t.text._Z18folded_step_kernelINS0_4WalkENS_9pupper_v36FoldedEEv,"ax",@progbits
        /*0000*/                   MOV R1, c[0x0][0x28] ;
        /*0010*/                   BSSY B1, `(.L_x_3) ;
        /*0020*/                   STL [R1], R2 ;
.L_x_1:
        /*0030*/                   FADD R1, R1, R2 ;
.L_x_2:
        /*0040*/                   FMUL R1, R1, R2 ;
        /*0050*/              @!P0 BRA `(.L_x_2) ;
        /*0060*/                   FADD R1, R1, R3 ;
        /*0070*/               @P1 BRA `(.L_x_1) ;
.L_x_3:
        /*0080*/                   BSYNC B1 ;
.L_x_4:
        /*0090*/                   BRA `(.L_x_4);
\t.section\t.text._Z18loaded_step_kernelINS_15LoadedLegThreadEEv,"ax",@progbits
        /*0000*/                   BSSY B0, `(.L_x_9) ;
"""


def check_planted():
  def contents(sass):
    return gpu_static.loop_contents(*gpu_static.parsed(sass, gpu_static.KERNELS['folded'][1]))

  whole = contents(SASS)
  assert whole == dict(loop_code_bytes=16 * 5, loop_divergence_barriers=0, loop_local_accesses=0), whole
  assert gpu_static.instructions_per_step(*gpu_static.parsed(SASS, gpu_static.KERNELS['folded'][1]), 1) == 5 + 2
  another = '.L_x_5:\n        /*0064*/ FMUL R1, R1, R2 ;\n        /*0068*/ @!P0 BRA `(.L_x_5) ;\n'
  two = SASS.replace('        /*0060*/', another + '        /*0060*/')
  assert gpu_static.instructions_per_step(*gpu_static.parsed(two, gpu_static.KERNELS['folded'][1]), 2) == 5 + 2  # of two solvers one
  row = dict(arch='sm_90', kernel='folded', spill_store_bytes=0, spill_load_bytes=0, stack_bytes=0, shared_left_bytes=0,
             static_shared_bytes=0, warps_per_sm=8, instructions_per_physics_step=14000, **whole)
  assert problems(row) == [], problems(row)

  inside = 'FADD R1, R1, R3 ;'  # in the loop
  for instruction, key in [('BSSY B0, `(.L_x_3) ;', 'loop_divergence_barriers'), ('@P0 BSYNC.RECONVERGENT B0 ;', 'loop_divergence_barriers'),
                           ('WARPSYNC.ALL ;', 'loop_divergence_barriers'), ('LDL.64 R2, [R1+0x8] ;', 'loop_local_accesses'),
                           ('@!P2 STL [R1], R2 ;', 'loop_local_accesses')]:
    planted = contents(SASS.replace(inside, f'{inside}\n        /*0068*/ {instruction}'))
    assert planted[key] == 1 and planted['loop_code_bytes'] == 16 * 6, (instruction, planted)
    assert any(key in problem for problem in problems({**row, **planted})), instruction
  for key, value in [('spill_load_bytes', 4), ('stack_bytes', 8), ('loop_code_bytes', 10**6), ('shared_left_bytes', -4),
                     ('static_shared_bytes', 16), ('warps_per_sm', 4), ('instructions_per_physics_step', 14724),
                     ('instructions_per_physics_step', 100)]:
    assert len(problems({**row, key: value})) == 1, key


def main(nvcc=None):
  if nvcc is None:
    check_planted()
    return
  sys.exit('\n'.join(check_compiled(nvcc)) or 0)


if __name__ == '__main__':
  main(*sys.argv[1:])
