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

Controller::Controller(const PolicyFile& policy, const RobotIndex& robot)
    : policy_(policy),
      decimation_(decimation_of(policy)),
      forward_(policy.network),
      history_(policy, robot) {}

void Controller::reset(const mjModel& model, const mjData& data) {
  history_.reset();
  down_ = down_of(model);
  samples_.fill(read_imu(data, down_));
  action_.fill(0.0f);
  targets_.fill(targets_of(policy_, action_));
}

void Controller::sense(const mjData& data) { push_front(samples_, read_imu(data, down_)); }

void Controller::decide(const mjData& data, const Command& command, const Delays& delays,
                        const EpisodeRandom* random, int step) {
  KENNEL_CHECK(delays.imu >= 0 && delays.imu <= kMaxDelay && delays.action >= 0 &&
                   delays.action <= kMaxDelay,
               "delays of ", delays.action, " and ", delays.imu, " physics steps; expected 0 to ",
               kMaxDelay);
  sense(data);
  imu_ = samples_.front();
  obs_ = history_.observe(data, samples_[delays.imu], command, action_, random, step);
  const auto output = forward_(obs_);
  std::copy(output.begin(), output.end(), action_.begin());
  push_front(targets_, targets_of(policy_, action_));
}

const Joints& Controller::target(int substep, const Delays& delays) const {
  const int behind = std::max(0, delays.action - substep);
  return targets_[(behind + decimation_ - 1) / decimation_];
}

}  // namespace kennel::judge
