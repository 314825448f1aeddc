#include "kennel/batch/divergence.h"

#include <algorithm>

#include "envs/quadruped/control_step.h"
#include "kennel/dynamics/trajectory_row.h"

namespace kennel {

template <class Legs>
Replay replay_of(const quadruped::Task& task, const Divergence<Legs>& divergence) {
  const Legs legs;
  quadruped::EnvState<float, Legs> state = divergence.after;
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
  replay.points = Legs::kPoints;
  replay.params = converted<double>(state.params, ManyPoints<AllLegs>{});
  return replay;
}

template Replay replay_of(const quadruped::Task&, const Divergence<AllLegs>&);
template Replay replay_of(const quadruped::Task&, const Divergence<ManyPoints<AllLegs>>&);

}  // namespace kennel
