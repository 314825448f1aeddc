#include "kennel/judge/controller.h"

#include <algorithm>

#include "kennel/core/check.h"

namespace kennel::judge {
namespace {

template <class Ring, class X>
void push_front(Ring& ring, const X& newest) {
  std::copy_backward(ring.begin(), ring.end() - 1, ring.end());
  ring.front() = newest;
}

/// What the servos get for an action.
Joints targets_of(const PolicyFile& policy, std::span<const float> action) {
  Joints target;
  for (int joint = 0; joint < kPolicyJoints; ++joint)
    target[joint] =
        std::clamp(policy.default_joint_pos[joint] + policy.action_scale[joint] * action[joint],
                   policy.joint_lower_limits[joint], policy.joint_upper_limits[joint]);
  return target;
}

}  // namespace

Controller::Controller(const PolicyFile& policy, const JudgeModel& judge)
    : policy_(policy),
      clock_(policy, judge.nominal->opt.timestep),
      forward_(policy.network),
      history_(policy, judge.robot),
      samples_(clock_.physics_steps(kMaxDelay) + 1),
      targets_(clock_.steps_until(kMaxDelay) + 1) {}

Delays Controller::delays_of(const EpisodePlan& plan) const {
  return {clock_.physics_steps(plan.action_delay), clock_.physics_steps(plan.imu_delay)};
}

void Controller::reset(const mjModel& model, const mjData& data) {
  forward_.reset();
  history_.reset();
  down_ = down_of(model);
  std::fill(samples_.begin(), samples_.end(), read_imu(data, down_));
  action_.fill(0.0f);
  std::fill(targets_.begin(), targets_.end(), targets_of(policy_, action_));
}

void Controller::sense(const mjData& data) { push_front(samples_, read_imu(data, down_)); }

void Controller::decide(const mjData& data, const Command& command, const Delays& delays,
                        const EpisodeRandom* random, int step) {
  const int most = clock_.physics_steps(kMaxDelay);
  KENNEL_CHECK(delays.imu >= 0 && delays.imu <= most && delays.action >= 0 && delays.action <= most,
               "delays of ", delays.action, " and ", delays.imu, " physics steps; expected 0 to ",
               most);
  sense(data);
  imu_ = samples_.front();
  obs_ = history_.observe(data, samples_[delays.imu], command, action_, random, step);
  const auto output = forward_(obs_);
  std::copy(output.begin(), output.end(), action_.begin());
  push_front(targets_, targets_of(policy_, action_));
}

const Joints& Controller::target(int substep, const Delays& delays) const {
  const int behind = std::max(0, delays.action - substep);
  return targets_[(behind + clock_.decimation() - 1) / clock_.decimation()];
}

}  // namespace kennel::judge
