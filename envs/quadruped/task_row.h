// What a task says of itself: what a robot is told, what it is paid for, and how these numbers
// scale with the robot. A row of kTasks in envs/tasks/rows.h.
#pragma once

#include <cmath>
#include <span>

#include "kennel/core/fields.h"

namespace kennel::quadruped {

/// What a number is a measure of: how it changes between robots that differ in size and move alike.
enum class Dimension {
  kNone,
  kLength,
  kHeight,  // of the base: robots of the same leg length stand differently high
  kSpeed,
  kSpeed2,
  kTime,
  kRate,
  kRate2,
  kTorque2,
  kPower,
};

/// A robot's size beside the one that a recipe's numbers are for.
struct BodyScale {
  double length = 1.0, mass = 1.0, height = 1.0;

  /// What a number of this dimension is multiplied by: dynamic similarity (Alexander and Jayes, "A
  /// dynamic similarity hypothesis for the gaits of quadrupedal mammals", J. Zool. 201, 1983).
  double factor(Dimension dimension) const {
    const double time = std::sqrt(length), speed = time, torque = length * mass;
    switch (dimension) {
      case Dimension::kNone:
        return 1.0;
      case Dimension::kLength:
        return length;
      case Dimension::kHeight:
        return height;
      case Dimension::kSpeed:
        return speed;
      case Dimension::kSpeed2:
        return speed * speed;
      case Dimension::kTime:
        return time;
      case Dimension::kRate:
        return 1 / time;
      case Dimension::kRate2:
        return 1 / (time * time);
      case Dimension::kTorque2:
        return torque * torque;
      case Dimension::kPower:
        return torque / time;
    }
    return 1.0;
  }
};

inline constexpr int kNumCommands = 3;
inline constexpr int kMaxRewards = 24;  // terms of a task
inline constexpr int kMaxShape = 12;    // numbers that shape them
using ShapeNumbers = float[kMaxShape];

/// One of the numbers that a robot is told.
struct CommandRow {
  const char* key;   // of its range in [env.command]
  const char* name;  // of the quantity, as policy files and the judge call it
  const char* unit;
  const char* doc;
  Range range;    // by default, of the reference robot
  Bounds bounds;  // of the range
  float mirror;   // its sign in the mirror
  Dimension dimension;
};

struct RewardTerm {
  const char* name;
  float weight;  // per second: a control step adds control_dt * weight * value
  const char* doc;
  Dimension dimension = Dimension::kNone;  // of the value; the weight scales with its inverse
};

/// A number of [env.reward] beside the weights.
struct ShapeTerm {
  const char* name;
  float value;
  Bounds bounds;
  const char* doc;
  Dimension dimension = Dimension::kNone;
};

/// The numbers of a recipe that a task may contradict itself in.
struct TaskNumbers {
  const ShapeNumbers& shape;
  const Range (&command)[kNumCommands];
  float max_tilt, min_height;  // rad and m: where an episode ends in a fall
  double stance_height;        // m
  const char* shape_from;      // where the recipe has `shape`, for messages
};

/// In what a task departs from the others beside its terms.
struct TaskTraits {
  /// Each number that a robot is told is drawn by itself (command.h) instead of the three from a
  /// mixture.
  bool axes_apart = false;
  /// The policy sees a trot clock and how fast base and joints move (motion.h), and one frame only.
  bool sees_motion = false;
  /// Terms see how fast feet moved before the control step (StepView::PerLeg).
  bool sees_landing = false;
};

struct TaskRow {
  const char* name;     // of the recipes' [task] and --task
  const char* summary;  // a line for `kennel info`
  CommandRow command[kNumCommands];
  const char* command_unit;  // of the three in an observation
  // Names of the two tracking errors that training logs: of the first two commands, of the third.
  const char* errors[2];
  std::span<const RewardTerm> rewards;
  std::span<const ShapeTerm> shape;
  /// Throws Error where numbers contradict each other; may be null.
  void (*check)(const TaskNumbers& numbers) = nullptr;
  TaskTraits traits = {};
};

}  // namespace kennel::quadruped
