#include "kennel/batch/divergence.h"

#include <algorithm>

#include "envs/quadruped/control_step.h"
#include "kennel/dynamics/trajectory_row.h"

namespace kennel {

Replay replay_of(const quadruped::Task& task, const Divergence& divergence) {
  const AllLegs legs;
  quadruped::EnvState<float, AllLegs> state = divergence.after;
  state.physics = divergence.before;
  state.step -= 1.0f;  // the control step's own number, which keys its random push
  quadruped::push(task, state);

  Replay replay;
  replay.env = divergence.env;
  replay.control_step = static_cast<int>(state.step);
  replay.timestep = task.model.timestep;
  replay.solver = task.solver;
  double row[kTrajectoryColumns];
  write_state(task.model, legs, state.physics, row);
  write_qacc(task.model, legs, state.physics, row);
  std::copy_n(row, kNq, replay.qpos.begin());
  std::copy_n(row + kNq, kNv, replay.qvel.begin());
  std::copy_n(row + kNq + kNv, kNv, replay.qacc.begin());
  for (int k = 0; k < task.config.task.decimation; ++k) {
    float target[kNumLegs][kJointsPerLeg];
    quadruped::arrived_targets(task, legs, k, state, target);
    double ctrl[kNumJoints];
    for (int joint = 0; joint < kNumJoints; ++joint) {
      const int leg = joint / kJointsPerLeg, j = joint % kJointsPerLeg;
      ctrl[task.model.leg[leg].hinge[j].ctrl_index] = target[leg][j];
    }
    replay.ctrl.insert(replay.ctrl.end(), ctrl, ctrl + kNumJoints);
  }
  replay.params = converted<double, AllLegs>(state.params, legs);
  return replay;
}

}  // namespace kennel
