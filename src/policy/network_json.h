// The network in the robot's policy file: its layers, or none where a gait stands in their place.
#pragma once

#include "kennel/contract/robot_contract.h"
#include "kennel/policy/policy_network.h"
#include "src/policy/json_place.h"

namespace kennel {

/// \param robot  of the same file
/// \return without layers, and without its gait, where the file has a gait
/// \throws Error naming the place, what was expected and what came
PolicyNetwork read_network(const from_json::Object& file, const RobotContract& robot);

}  // namespace kennel
