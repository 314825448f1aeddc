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

inline constexpr int kCommandTerms = 3;

/// A quantity that a policy is told.
struct CommandTerm {
  std::string name, unit;
  Range range{};  // what judges and players tell it
  bool operator==(const CommandTerm&) const = default;
};
using CommandTerms = std::array<CommandTerm, kCommandTerms>;

inline constexpr const char* kWalkTask = "walk";

/// What a policy that walks is told, base frame, over the given ranges.
inline CommandTerms walk_command(const Range& vx = {}, const Range& vy = {},
                                 const Range& yaw_rate = {}) {
  return {{{"vx", "m/s", vx}, {"vy", "m/s", vy}, {"yaw_rate", "rad/s", yaw_rate}}};
}

/// Joint arrays are in the order of `joint_names`, which is that of observations and actions.
struct RobotContract {
  using Joints = std::array<float, kNumJoints>;

  std::string robot;  // of a folder in envs, or the file of a model that does not ship
  std::array<std::string, kNumJoints> joint_names{};
  std::vector<TermInfo> frame{};
  int observation_history = 1;  // frames, the newest first
  Joints kp{};                  // N m / rad
  Joints kd{};                  // N m s / rad
  Joints action_scale{};        // rad a unit of action
  Joints default_joint_pos{};   // rad; target = clamp(default + scale * action, lower, upper)
  Joints joint_lower_limits{};  // rad
  Joints joint_upper_limits{};  // rad
  float control_dt = 0.02f;     // s between two actions
  double physics_dt = 0.004;    // s, of the physics in which it was trained

  /// What it is told to do: the name of a task, and three quantities in the order in which the
  /// policy is told them.
  std::string task = kWalkTask;
  CommandTerms command = walk_command();

  double start_height = 0.0;  // m of the base over the floor
  double fall_tilt = 0.0;     // rad of the base beyond which it has fallen
  double fall_height = 0.0;   // m of the base below which it has fallen

  /// m of the base over the floor that a told `height` of 0 means: where it stands when it stands
  /// as it usually does. Not the start, from which it may drop a little. 0 where no height is told.
  double stance_height = 0.0;

  /// The length of its legs over those of the robot that the judge's disturbances in metres are
  /// for. Lengths scale with it, speeds with its square root, turning rates with one over that
  /// (Froude).
  double size = 1.0;

  std::optional<TrainingSolver> training_solver{};  // empty for a policy of other tools

  bool operator==(const RobotContract&) const = default;
};

/// What speeds of a robot are beside those of one of size 1 that moves alike (Froude).
inline double speed_scale(const RobotContract& robot) { return std::sqrt(robot.size); }

/// Where a quantity stands in what the robot is told; nothing where it is not told it.
inline std::optional<int> place_in_command(const RobotContract& robot, std::string_view name) {
  for (int at = 0; at < kCommandTerms; ++at)
    if (robot.command[at].name == name) return at;
  return std::nullopt;
}

/// "vx, vy, yaw_rate".
inline std::string command_names(const RobotContract& robot) {
  std::string names;
  for (const CommandTerm& term : robot.command) names += (names.empty() ? "" : ", ") + term.name;
  return names;
}

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
