#include "kennel_world.h"

#include <algorithm>
#include <cmath>

#include "kennel/model/mjcf.h"
#include "src/sim/trajectory_row.h"

namespace kennel::judge {

// The plan's own MuJoCo model has every change of mass, gain and friction in it.
void KennelWorld::model_changed() {
  quadruped_ = quadruped_from(*model_, judge_.source).model;
  params_ = nominal_params<double, AllLegs>(quadruped_, AllLegs{});
}

void KennelWorld::step(const Joints& target) {
  double row[kTrajectoryColumns];
  std::copy_n(data_->qpos, kNq, row);
  std::copy_n(data_->qvel, kNv, row + kNq);
  std::copy_n(data_->qacc, kNv, row + kNq + kNv);
  for (int joint = 0; joint < kPolicyJoints; ++joint)
    data_->ctrl[judge_.robot.actuator[joint]] = target[joint];

  const AllLegs legs;
  PhysicsState<double, AllLegs> state;
  StepReport<double, AllLegs> report;
  read_row(quadruped_, legs, row, state);
  double servo[kNumLegs][kJointsPerLeg];
  for (int leg = 0; leg < kNumLegs; ++leg)
    for (int j = 0; j < kJointsPerLeg; ++j)
      servo[leg][j] = data_->ctrl[quadruped_.leg[leg].hinge[j].ctrl_index];
  kennel::step<double, AllLegs>(quadruped_, SolverOptions{}, params_, servo, legs, state, report);

  write_state(quadruped_, legs, state, row);
  write_qacc(quadruped_, legs, state, row);
  std::copy_n(row, kNq, data_->qpos);
  std::copy_n(row + kNq, kNv, data_->qvel);
  std::copy_n(row + kNq + kNv, kNv, data_->qacc);
  data_->time += quadruped_.timestep;
  feet_ = {};
  for (int leg = 0; leg < kNumLegs; ++leg) {
    const auto& robot = quadruped_.leg[leg];
    const auto& seen = report.leg[leg];
    for (int j = 0; j < kJointsPerLeg; ++j)
      data_->actuator_force[robot.hinge[j].ctrl_index] = seen.torque[j];
    // A leg here belongs to the foot whose first joint it moves.
    const int at = 7 + robot.hinge[0].qpos_index;
    const auto& qpos = judge_.robot.qpos;
    const auto joint = std::find(qpos.begin(), qpos.end(), at) - qpos.begin();
    for (int s = 0; s < robot.num_spheres; ++s)
      if (robot.sphere[s].link == kJointsPerLeg - 1 && seen.distance[s] < 0.0)
        feet_[joint / kJointsPerLeg] = {true, std::hypot(seen.velocity[s].x, seen.velocity[s].y)};
  }
}

}  // namespace kennel::judge
