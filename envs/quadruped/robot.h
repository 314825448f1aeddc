// What a task must know of a robot beside its model.
#pragma once

#include <array>

#include "kennel/core/fields.h"
#include "kennel/core/legs.h"

namespace kennel::quadruped {

/// A robot's traits: a row of kRobots in envs/robots.h. Joints are in the order of observations,
/// actions and files: three a leg, legs front right, front left, back right, back left.
struct RobotTraits {
  const char* name;  // of its folder in envs, which holds NAME.xml and recipes/
  std::array<const char*, kNumJoints> joints;
  /// rad; targets are this plus action_scale times the action.
  std::array<float, kNumJoints> pose;
  /// Joint angles of a left leg are these times those of the right one in the mirror.
  std::array<float, kJointsPerLeg> joint_mirror;
  int abduction;                              // which of a leg's joints moves it sideways
  Range command_vx, command_vy, command_yaw;  // m/s and rad/s: what judges and players tell it
  // The judge's: m of the base at the start, rad of its tilt beyond and m of its height below which
  // it has fallen.
  double start_height, fall_tilt, fall_height;
};

}  // namespace kennel::quadruped
