// From a trained network to the robot's policy file.
#pragma once

#include <filesystem>

#include "envs/pupper_v3/config.h"
#include "kennel/io/policy_network.h"

namespace kennel {

/// Writes the policy with everything the robot's controller needs to know about the environment it
/// was trained in. \throws Error when the file cannot be written
void export_policy(const PolicyNetwork& network, const pupper::EnvConfig& env,
                   const std::filesystem::path& path);

}  // namespace kennel
