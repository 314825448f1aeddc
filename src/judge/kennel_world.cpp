#include "kennel_world.h"

#include <algorithm>
#include <cmath>

#include "kennel/dynamics/trajectory_row.h"

namespace kennel::judge {

template <class T, class Legs>
LaneWorld<T, Legs>::LaneWorld(const JudgeModel& judge, const PolicyFile& policy)
    : World(judge, policy) {
  if (policy.training_solver)
    solver_ = {policy.training_solver->iterations, policy.training_solver->ls_iterations};
}

template <class T, class Legs>
void LaneWorld<T, Legs>::step(const Joints& target) {
  double row[kTrajectoryColumns];
  std::copy_n(data_->qpos, kNq, row);
  std::copy_n(data_->qvel, kNv, row + kNq);
  std::copy_n(data_->qacc, kNv, row + kNq + kNv);
  for (int joint = 0; joint < kPolicyJoints; ++joint)
    data_->ctrl[judge_.robot.actuator[joint]] = target[joint];

  const Legs legs;
  StepReport<T, Legs> report;
  const Quat<T> orientation = state_.orientation;
  read_row(quadruped_, legs, row, state_);
  // A unit quaternion already: normalising it again, as reading does, would turn its last bits.
  if (std::equal(written_.begin(), written_.end(), data_->qpos + 3))
    state_.orientation = orientation;
  T servo[kNumLegs][kJointsPerLeg];
  for (int leg = 0; leg < kNumLegs; ++leg)
    for (int j = 0; j < kJointsPerLeg; ++j)
      servo[leg][j] = T(data_->ctrl[quadruped_.leg[leg].hinge[j].ctrl_index]);
  kennel::step<T, Legs>(quadruped_, solver_, params_, servo, legs, state_, report);

  write_state(quadruped_, legs, state_, row);
  write_qacc(quadruped_, legs, state_, row);
  std::copy_n(row, kNq, data_->qpos);
  std::copy_n(row + kNq, kNv, data_->qvel);
  std::copy_n(row + kNq + kNv, kNv, data_->qacc);
  std::copy_n(row + 3, 4, written_.begin());
  data_->time += model_->opt.timestep;
  report_step(report);
}

template <class T, class Legs>
void LaneWorld<T, Legs>::report_step(const StepReport<T, Legs>& report) {
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
      if (robot.sphere[s].link == kJointsPerLeg - 1 && seen.distance[s] < T(0))
        feet_[joint / kJointsPerLeg] = {
            true, std::hypot(double(seen.velocity[s].x), double(seen.velocity[s].y))};
  }
}

// Changes are factors on the nominal robot, as in training; a slope is the world's, not the
// robot's.
template <class Legs>
void KennelWorld<Legs>::model_changed() {
  Quadruped<double> nominal = this->judge_.kennel.model;
  std::copy_n(this->model_->opt.gravity, 3, nominal.gravity);
  const RobotIndex& robot = this->judge_.robot;
  for (int joint = 0; joint < kPolicyJoints; ++joint) {
    const int at = robot.qpos[joint] - 7;
    for (auto& leg : nominal.leg)
      for (auto& hinge : leg.hinge)
        if (hinge.qpos_index == at)
          hinge.kp = this->policy_.kp[joint], hinge.kd = this->policy_.kd[joint];
  }
  const auto factor = [&](int body) { return this->plan_.mass_factor[robot.link_of[body]]; };
  EnvParams<double, Legs> params = nominal_params<double, Legs>(nominal, Legs{});
  params.base_mass = params.base_inertia = factor(robot.base);
  params.base_com_shift = {this->plan_.com_shift[0], this->plan_.com_shift[1],
                           this->plan_.com_shift[2]};
  params.strength = this->plan_.strength;
  params.kp = this->plan_.kp_factor;
  params.kd = this->plan_.kd_factor;
  for (int id = 0; id < this->model_->njnt; ++id) {
    const int k = this->model_->jnt_qposadr[id] - 7;
    if (k < 0) continue;
    auto& leg = params.leg[k / kJointsPerLeg];
    leg.mass[k % kJointsPerLeg] = leg.inertia[k % kJointsPerLeg] =
        factor(this->model_->jnt_bodyid[id]);
  }
  for (auto& leg : params.leg)
    for (double& friction : leg.friction) friction = this->plan_.friction;
  this->quadruped_ = to_float(nominal);
  this->params_ = converted<float, Legs>(params, Legs{});
}

// The plan's own MuJoCo model has every change of mass, gain and friction in it.
template <class Legs>
void ExactWorld<Legs>::model_changed() {
  this->quadruped_ = quadruped_from(*this->model_, this->judge_.source).model;
  this->params_ = nominal_params<double, Legs>(this->quadruped_, Legs{});
}

template class LaneWorld<float, AllLegs>;
template class LaneWorld<float, ManyPoints<AllLegs>>;
template class LaneWorld<double, AllLegs>;
template class LaneWorld<double, ManyPoints<AllLegs>>;
template class KennelWorld<AllLegs>;
template class KennelWorld<ManyPoints<AllLegs>>;
template class ExactWorld<AllLegs>;
template class ExactWorld<ManyPoints<AllLegs>>;

}  // namespace kennel::judge
