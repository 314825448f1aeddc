// The robots that ship with Kennel: a row each.
#pragma once

#include <string_view>
#include <tuple>

#include "envs/go1/folded_robot.h"
#include "envs/go1/robot.h"
#include "envs/pupper_v3/folded_robot.h"
#include "envs/pupper_v3/robot.h"
#include "kennel/core/check.h"

namespace kennel {

inline const quadruped::RobotTraits* const kRobots[] = {&pupper_v3::kRobot, &go1::kRobot};

/// Those whose constants the compiler knows: a fast kernel each.
using FoldedRobots = std::tuple<pupper_v3::Folded, go1::Folded>;
inline constexpr int kNumFolded = std::tuple_size_v<FoldedRobots>;
template <int index>
using FoldedRobotAt = std::tuple_element_t<index, FoldedRobots>;

/// The first of them.
using FoldedRobot = FoldedRobotAt<0>;

/// \throws Error for a name that is none of them
inline const quadruped::RobotTraits& robot_named(std::string_view name) {
  std::string known;
  for (const quadruped::RobotTraits* robot : kRobots) {
    if (robot->name == name) return *robot;
    known += (known.empty() ? "" : ", ") + robot->name;
  }
  fail("robot \"", name, "\" is unknown; expected ", known);
}

}  // namespace kennel
