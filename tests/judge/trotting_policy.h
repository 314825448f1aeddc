// The first gait of a search, on the robot that ships.
#pragma once

#include "envs/quadruped/gait.h"
#include "kennel/model/mjcf.h"
#include "test_policies.h"

namespace kennel {

inline PolicyFile trotting_policy() {
  PolicyFile policy = standing_policy();
  const Quadruped<double> model =
      load_quadruped(KENNEL_SOURCE_DIR "/envs/pupper_v3/pupper_v3.xml").model;
  gait::LegLines legs[kNumLegs];
  for (int leg = 0; leg < kNumLegs; ++leg) legs[leg] = quadruped::leg_lines(model.leg[leg]);
  policy.network = {{}, GaitPolicy{gait_contract(policy, legs), first_gait()}};
  return policy;
}

}  // namespace kennel
