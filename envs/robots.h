// The robots that ship with Kennel: a row each.
#pragma once

#include <string_view>

#include "envs/pupper_v3/folded_robot.h"
#include "envs/pupper_v3/robot.h"
#include "kennel/core/check.h"

namespace kennel {

inline const quadruped::RobotTraits* const kRobots[] = {&pupper_v3::kRobot};

/// The one whose constants the fast kernel knows.
using FoldedRobot = pupper_v3::Folded;

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
