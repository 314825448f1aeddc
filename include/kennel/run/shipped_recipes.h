// The recipes that come with a robot or a small task: the one that is used where none is named, and
// others by name.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "kennel/sim/robot.h"

namespace kennel {

/// A file in recipes/ of a robot's folder, or of any robot's.
struct ShippedRecipe {
  std::string name;            // for --recipe: the file's, kFirstTask for the first
  std::filesystem::path file;  // what it changes of the first
  std::string summary;         // its first line of comment
};

/// Those of a robot and task. First the one that all others change; then every file that is no
/// task's first recipe and whose [task] is this one, by name.
struct ShippedRecipes {
  bool of_any_robot = false;  // written for one size, to be scaled to the robot's
  std::vector<ShippedRecipe> all;

  const ShippedRecipe& first() const { return all.front(); }

  /// \throws Error with the names that there are
  const ShippedRecipe& named(const std::string& name) const;
};

/// \param task  of kTasks in envs/tasks/rows.h, or a small one, for which `robot` counts for nothing
/// \throws Error when a recipe cannot be read
ShippedRecipes shipped_recipes(const RobotChoice& robot, const std::string& task);

}  // namespace kennel
