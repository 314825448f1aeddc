// Which robot, and that robot loaded: a shipped one with its traits, or any model with traits that
// are made of what it says.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "envs/quadruped/robot.h"
#include "kennel/core/fields.h"
#include "kennel/core/resource.h"
#include "kennel/model/anatomy.h"
#include "kennel/model/mjcf.h"

namespace kennel {

/// [robot] of a recipe.
struct RobotChoice {
  std::string name = kDefaultRobot;
  std::string model;
  std::filesystem::path folder;  // what a relative `model` starts from; no key: the recipe's own

  /// The MJCF.
  std::filesystem::path file() const { return model.empty() ? robot_model(name) : folder / model; }
};

template <class Config, class Visitor>
void visit_fields(Config& c, Visitor&& v) requires same_config<Config, RobotChoice> {
  v.field("name", c.name, Bounds{},
          "of a shipped robot, a folder in envs; empty: whatever `model` describes");
  v.field("model", c.model, Bounds{},
          "MJCF, seen from the recipe's folder; empty: the shipped robot's own");
}

struct Robot {
  quadruped::RobotTraits traits;
  LoadedQuadruped loaded;
  std::optional<Anatomy> anatomy;  // of a robot that does not ship
};

/// \throws Error when the name is unknown, the model cannot be loaded, or the two do not fit
Robot load_robot(const RobotChoice& choice);

/// What the robot's model says of it, whether it ships or not.
/// \throws Error when the name is unknown, the model cannot be loaded or is none that Kennel steps,
/// or a joint has no servo
Anatomy anatomy_of(const RobotChoice& choice);

}  // namespace kennel
