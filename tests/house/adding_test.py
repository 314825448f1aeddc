"""Adds a robot, a reward term and a task to a copy of the tree, in the files that the README names, and steps them.

    adding_test.py SOURCE_DIR COMPILER... -- LIBRARIES...

COMPILER is the C++ compiler with its flags and include folders but those of the tree.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROBOT_H = '''// A robot that this test adds.
#pragma once

#include "envs/quadruped/robot.h"

namespace kennel::pebble {

inline const quadruped::RobotTraits kRobot = {
    .name = "pebble",
    .joints = {JOINTS},
    .pose = {POSE},
    .mirrored_leg = {1, 0, 3, 2},
    .joint_mirror = {-1.0f, 1.0f, 1.0f, -1.0f, 1.0f, 1.0f, -1.0f, 1.0f, 1.0f, -1.0f, 1.0f, 1.0f},
    .abduction = 0,
    .command_vx = {-1.0f, 1.0f},
    .command_vy = {-0.5f, 0.5f},
    .command_yaw = {-1.0f, 1.0f},
    .start_height = 0.3,
    .fall_tilt = 0.9,
    .fall_height = 0.1,
    .stance_height = 0.294,
};

}  // namespace kennel::pebble
'''

MAIN = '''
#include <cstdio>
#include <cstring>

#include "envs/quadruped/contract.h"
#include "kennel/sim/robot.h"
#include "tests/sim/batch_fixture.h"

int main() {
  using namespace kennel;
  const Robot robot = load_robot({"pebble", "", ""});
  quadruped::EnvConfig config;
  config.randomization.start_height = {0.3f, 0.3f};
  const quadruped::Task task = quadruped::make_task(config, robot.traits, to_float(robot.loaded.model), 1);
  testing::SmallBatch memory(testing::quiet_config(), 256);
  CpuBatch batch(task, 256, 0, 1);
  batch.reset(memory.out());
  for (int i = 0; i < 10; ++i) batch.step(memory.action.data(), memory.out());
  const auto& row = quadruped::WalkRow::kRewards[quadruped::WalkRow::kStandstillYaw];
  const double sum = batch.drain_stats().reward[quadruped::WalkRow::kStandstillYaw];
  std::printf("%s %s %g %g\\n", robot.traits.name.c_str(), row.name, row.weight, sum);
  if (std::strcmp(row.name, "standstill_yaw") || !(sum > 0)) return 1;

  quadruped::EnvConfig added(quadruped::task_index("bow"));
  added.randomization.start_height = {0.3f, 0.3f};
  CpuBatch bowing(quadruped::make_task(added, robot.traits, to_float(robot.loaded.model), 1), 256, 0, 1);
  bowing.reset(memory.out());
  for (int i = 0; i < 10; ++i) bowing.step(memory.action.data(), memory.out());
  const quadruped::EnvStats<double> stats = bowing.drain_stats();
  std::printf("%s %g\\n", added.row().summary, stats.reward[0] / stats.steps);
  return !(stats.reward[0] > 0);
}
'''

ROW_H = '''// A task that this test adds, in numbers.
#pragma once

#include "envs/quadruped/task_row.h"

namespace kennel::quadruped {

struct BowRow {
  enum Reward : int { kTrackPitch, kTorque, kFall, kNumRewards };

  static constexpr RewardTerm kRewards[kNumRewards] = {
      {"track_pitch", 2.0f, "exp(-(sin(pitch) - sin(told))^2 / 0.01)"},
      {"torque", -0.02f, "sum of squared servo torques", Dimension::kTorque2},
      {"fall", -100.0f, "1 in the step that ends in a fall"},
  };

  static constexpr TaskRow kRow = {
      "bow",
      "bow as low as told",
      {{"pitch", "pitch", "rad", "rad, nose down", {0.0f, 0.4f}, {-1.5, 1.5}, 1.0f, Dimension::kNone},
       {"roll", "roll", "rad", "rad", {0.0f, 0.0f}, {-1.5, 1.5}, -1.0f, Dimension::kNone},
       {"height", "height", "m", "m", {0.0f, 0.0f}, {-1.0, 1.0}, 1.0f, Dimension::kHeight}},
      "pitch, roll in rad, height in m",
      {"tilt_error", "height_error"},
      kRewards,
      {},
  };
};

}  // namespace kennel::quadruped
'''

TEXT_H = '''// A task that this test adds.
#pragma once

#include "envs/quadruped/reward.h"
#include "envs/tasks/bow_row.h"

namespace kennel::quadruped {

struct Bow : BowRow {
  template <class T, class Legs>
  static KENNEL_HD T off(const StepView<T, Legs>& s) {
    return s.up.x + sincos(s.env.command[0]).sin;
  }

  template <class T, class Legs>
  static KENNEL_HD void rewards(const Task&, const Schedule&, const StepView<T, Legs>& s,
                                const Legs& legs, T (&value)[kNumRewards]) {
    value[kTrackPitch] = exp(-square(off(s)) * T(100));
    value[kTorque] = over_legs<T>(legs, [&](int slot) { return torque2(s, slot); });
    value[kFall] = s.fell;
  }

  template <class T, class Legs>
  static KENNEL_HD void errors2(const Task&, const StepView<T, Legs>& s, T (&out)[2]) {
    out[0] = square(off(s));
    out[1] = T(0);
  }

  template <class T, class Legs>
  static KENNEL_HD mask_of<T> fell(const Task& task, const StepView<T, Legs>& s) {
    return has_fallen(task, s);
  }
};

}  // namespace kennel::quadruped
'''

source = pathlib.Path(sys.argv[1])
readme = (source / 'README.md').read_text()
compiler, libraries = sys.argv[2:sys.argv.index('--')], sys.argv[sys.argv.index('--') + 1:]
changed = set()


def edit(file, *replacements):
    text = file.read_text()
    for old, new in replacements:
        assert old in text, f'{file}: nothing like {old!r}; the README says how to add to it'
        text = text.replace(old, new, 1)
    file.write_text(text)
    name = str(file.relative_to(tree))
    assert f'({name})' in readme, f'README.md does not say that something is added in {name}'
    changed.add(name)


for link in re.findall(r'\]\(([^)#]+)\)', readme):
    assert '://' in link or (source / link).exists(), f'README.md links to {link}, which is not there'

with tempfile.TemporaryDirectory() as folder:
    tree = pathlib.Path(folder)
    for name in ('envs', 'include', 'src', 'tests'):
        shutil.copytree(source / name, tree / name)

    # A robot: a folder, and a row in the table.
    home = tree / 'envs/pebble'
    (home / 'recipes').mkdir(parents=True)
    description = (tree / 'envs/go1/go1.xml').read_text()
    (home / 'pebble.xml').write_text(description)
    traits = (tree / 'envs/go1/robot.h').read_text()
    taken = {name: re.search(rf'\.{name} = {{(.*?)}}', traits, re.S)[1] for name in ('joints', 'pose')}
    (home / 'robot.h').write_text(ROBOT_H.replace('JOINTS', taken['joints']).replace('POSE', taken['pose']))
    (home / 'recipes/default.toml').write_text('[train]\nsteps = 20_000_000\n')
    edit(tree / 'envs/robots.h', ('#include "envs/pupper_v3/robot.h"\n', '#include "envs/pebble/robot.h"\n#include "envs/pupper_v3/robot.h"\n'),
         ('&go1::kRobot}', '&go1::kRobot, &pebble::kRobot}'))
    assert changed == {'envs/robots.h'}
    lines = sum(len(file.read_text().splitlines()) for file in (home / 'robot.h', home / 'recipes/default.toml'))
    assert lines < 150, lines

    # A reward term: its row and its value.
    changed.clear()
    last = '      {"fall", -100.0f, "1 in the step that ends in a fall"},\n'
    edit(tree / 'envs/tasks/walk_row.h', ('  kNumRewards,\n', '  kStandstillYaw,\n  kNumRewards,\n'),
         (last, last + '      {"standstill_yaw", -0.5f, "omega_z^2, when told to stand"},\n'))
    edit(tree / 'envs/tasks/walk.h',
         ('  value[kFall] = s.fell;\n', '  value[kFall] = s.fell;\n  value[kStandstillYaw] = (T(1) - told_to_move(s)) * square(s.omega_base.z);\n'))
    assert changed == {'envs/tasks/walk_row.h', 'envs/tasks/walk.h'}

    # A task: its row, its text, its recipe, and a line in each of the two lists.
    changed.clear()
    (tree / 'envs/tasks/bow_row.h').write_text(ROW_H)
    (tree / 'envs/tasks/bow.h').write_text(TEXT_H)
    (tree / 'envs/generic/recipes/bow.toml').write_text('[train]\nsteps = 5_000_000\n')
    edit(tree / 'envs/tasks/rows.h', ('#include "envs/tasks/pose_row.h"\n', '#include "envs/tasks/bow_row.h"\n#include "envs/tasks/pose_row.h"\n'),
         ('&JoystickRow::kRow}', '&JoystickRow::kRow, &BowRow::kRow}'))
    edit(tree / 'envs/tasks/tasks.h', ('#include "envs/tasks/pose.h"\n', '#include "envs/tasks/bow.h"\n#include "envs/tasks/pose.h"\n'),
         ('std::tuple<Walk, Pose, Joystick>', 'std::tuple<Walk, Pose, Joystick, Bow>'))
    assert changed == {'envs/tasks/rows.h', 'envs/tasks/tasks.h'}

    (tree / 'main.cpp').write_text(MAIN)
    sources = ['main.cpp', 'src/sim/robot.cpp', 'src/core/resource.cpp', 'src/batch/cpu_batch_few.cpp', 'src/batch/cpu_batch_many.cpp', 'src/batch/divergence.cpp',
               'src/batch/stats.cpp', 'src/batch/folded_fit.cpp']
    build = subprocess.run(
        [*compiler, '-O0', '-w', f'-DKENNEL_SOURCE_DIR="{tree}"', f'-I{tree}/include', f'-I{tree}', *(str(tree / s) for s in sources),
         '-o', str(tree / 'main'), *libraries], capture_output=True, text=True)
    assert build.returncode == 0, build.stderr[:4000]
    run = subprocess.run([str(tree / 'main')], capture_output=True, text=True)
    print(run.stdout, run.stderr)
    assert run.returncode == 0
