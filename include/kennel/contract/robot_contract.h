// What a policy's surroundings must know of the robot and the task that it was trained for: made
// before training, carried by every policy file, and all that a judge, a viewer or an exporter
// asks.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kennel/contract/term.h"
#include "kennel/core/fields.h"
#include "kennel/core/legs.h"

namespace kennel {

/// How far the simulator solved contacts in which a policy was trained.
struct TrainingSolver {
  int iterations = 2, ls_iterations = 1;
  bool operator==(const TrainingSolver&) const = default;
};

/// Joint arrays are in the order of `joint_names`, which is that of observations and actions.
struct RobotContract {
  using Joints = std::array<float, kNumJoints>;

  std::string robot;  // of a folder in envs, or the file of a model that does not ship
  std::array<std::string, kNumJoints> joint_names{};
  std::vector<TermInfo> frame{};
  int observation_history = 1;       // frames, the newest first
  Joints kp{};                       // N m / rad
  Joints kd{};                       // N m s / rad
  Joints action_scale{};             // rad a unit of action
  Joints default_joint_pos{};        // rad; target = clamp(default + scale * action, lower, upper)
  Joints joint_lower_limits{};       // rad
  Joints joint_upper_limits{};       // rad
  float control_dt = 0.02f;          // s between two actions
  double physics_dt = 0.004;         // s, of the physics in which it was trained
  Range command_vx{}, command_vy{};  // m/s, base frame: what judges and players tell it
  Range command_yaw{};               // rad/s
  double start_height = 0.0;         // m of the base over the floor
  double fall_tilt = 0.0;            // rad of the base beyond which it has fallen
  double fall_height = 0.0;          // m of the base below which it has fallen

  /// The length of its legs over those of the robot that the judge's disturbances in metres are
  /// for. Lengths scale with it, speeds with its square root, turning rates with one over that
  /// (Froude).
  double size = 1.0;

  std::optional<TrainingSolver> training_solver{};  // empty for a policy of other tools

  bool operator==(const RobotContract&) const = default;
};

/// What speeds of a robot are beside those of one of size 1 that moves alike (Froude).
inline double speed_scale(const RobotContract& robot) { return std::sqrt(robot.size); }

/// Whether a number is the same for all joints: files then say it once.
inline bool same_for_all(const RobotContract::Joints& joints) {
  return std::all_of(joints.begin(), joints.end(), [&](float x) { return x == joints[0]; });
}

/// Numbers of a frame.
inline int frame_size(const RobotContract& robot) {
  int size = 0;
  for (const TermInfo& term : robot.frame) size += term.size;
  return size;
}

/// Where a term begins in a frame; nothing where the frame has no such term.
inline std::optional<int> offset_in_frame(const RobotContract& robot, std::string_view name) {
  int offset = 0;
  for (const TermInfo& term : robot.frame) {
    if (term.name == name) return offset;
    offset += term.size;
  }
  return std::nullopt;
}

}  // namespace kennel
