// From a trained network to the robot's policy file.
#pragma once

#include "envs/pupper_v3/config.h"
#include "kennel/io/policy_file.h"

namespace kennel {

/// The policy with everything the robot's controller needs to know about the environment it was
/// trained in.
PolicyFile policy_file(const PolicyNetwork& network, const pupper::EnvConfig& env);

}  // namespace kennel
