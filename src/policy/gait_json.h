// A gait in the robot's policy file: its numbers by name with their units, and the legs that they
// move.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "kennel/contract/robot_contract.h"
#include "kennel/policy/gait_policy.h"
#include "src/policy/json_place.h"

namespace kennel {

/// Keys in the order they are written, and numbers as float: the shortest text that reads back as
/// the same float.
using FloatJson = nlohmann::basic_json<nlohmann::ordered_map, std::vector, std::string, bool,
                                       std::int64_t, std::uint64_t, float>;

/// Where a policy file has it, in the place of "layers".
inline constexpr const char* kGaitKey = "gait";

FloatJson gait_json(const GaitPolicy& policy);

/// \param robot  of the same file
/// \throws Error naming the place, what was expected and what came
GaitPolicy read_gait(const from_json::Place& place, const RobotContract& robot);

}  // namespace kennel
