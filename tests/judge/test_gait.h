// A gait for tests, of a robot that is easy to draw: hips at the corners of a rectangle, a hinge
// along x, two along y, links of 8 cm that hang straight down at zero angles.
#pragma once

#include "kennel/policy/gait_policy.h"
#include "test_policies.h"

namespace kennel {

/// \param side, end  1 or -1: left or right, front or hind
inline gait::LegLines sample_leg(double side, double end) {
  gait::LegLines leg;
  const double x = 0.1 * end, hip = 0.05 * side, knee = 0.08 * side;
  leg.hinge[0] = {{1, 0, 0}, {x, hip, 0}};
  leg.hinge[1] = {{0, 1, 0}, {x, knee, 0}};
  leg.hinge[2] = {{0, 1, 0}, {x, knee, -0.08}};
  const double foot[] = {x, knee, -0.16};
  std::copy(std::begin(foot), std::end(foot), leg.foot);
  return leg;
}

/// The robot's contract, its knees bent.
inline PolicyFile gait_policy(int history = 1) {
  PolicyFile policy = standing_policy(history);
  for (int joint = 0; joint < kPolicyJoints; ++joint) {
    constexpr float kPose[kJointsPerLeg] = {0.0f, 0.6f, -1.2f};
    policy.default_joint_pos[joint] = kPose[joint % kJointsPerLeg];
    policy.joint_lower_limits[joint] = -3.0f;
    policy.joint_upper_limits[joint] = 3.0f;
  }
  const gait::LegLines legs[] = {sample_leg(-1, 1), sample_leg(1, 1), sample_leg(-1, -1),
                                 sample_leg(1, -1)};
  policy.network = {{}, GaitPolicy{gait_contract(policy, legs), first_gait()}};
  return policy;
}

}  // namespace kennel
