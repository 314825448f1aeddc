// What a task must know of a robot beside its model.
#pragma once

#include <array>
#include <string>

#include "kennel/core/fields.h"
#include "kennel/core/legs.h"

namespace kennel::quadruped {

/// A robot's traits: a row of kRobots in envs/robots.h, or made of any model by envs/generic.
/// Joints are in the order of observations, actions and files: three a leg, legs in the order of
/// the model's qpos.
struct RobotTraits {
  std::string name;  // of its folder in envs, which holds NAME.xml and recipes/; or "FILE.xml"
  std::array<std::string, kNumJoints> joints;
  /// rad; targets are this plus action_scale times the action.
  std::array<float, kNumJoints> pose;
  /// Left and right exchanged: which leg is the mirror image of which, and joint angles of a leg
  /// are these times those of its image.
  std::array<int, kNumLegs> mirrored_leg;
  std::array<float, kNumJoints> joint_mirror;
  int abduction;                              // which of a leg's joints moves it sideways
  Range command_vx, command_vy, command_yaw;  // m/s and rad/s: what judges and players tell it
  // The judge's: m of the base at the start, rad of its tilt beyond and m of its height below which
  // it has fallen.
  double start_height, fall_tilt, fall_height;
  double stance_height;  // m of the base when it stands in `pose`
  /// Length of its legs over those of the robot that the judge's disturbances are for.
  double size = 1.0;
  bool symmetric = true;  // whether the mirror can be used
};

}  // namespace kennel::quadruped
