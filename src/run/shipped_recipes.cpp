#include "kennel/run/shipped_recipes.h"

#include <algorithm>

#include "envs/small/rows.h"
#include "envs/tasks/rows.h"
#include "kennel/core/check.h"
#include "kennel/core/resource.h"
#include "kennel/io/atomic_file.h"
#include "kennel/io/recipe.h"
#include "kennel/io/text_lines.h"
#include "kennel/run/env_recipe.h"

namespace kennel {
namespace {

namespace fs = std::filesystem;

bool is_first_of_a_task(const std::string& name) {
  return name == kFirstTask || quadruped::find_task(name) >= 0 || small::find_task(name) != nullptr;
}

std::string summary_of(const fs::path& file) {
  const std::string line = first_line(read_file(file));
  return line.starts_with("# ") ? line.substr(2) : "";
}

/// The task that a recipe is for.
std::string task_of(const fs::path& file) {
  TaskChoice task;
  Recipe::load(file).read("task", task);
  return task.name;
}

/// Every file of a folder that is no task's first recipe, by name.
std::vector<fs::path> named_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    if (at->path().extension() == ".toml" && !is_first_of_a_task(at->path().stem().string()))
      files.push_back(at->path());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

const ShippedRecipe& ShippedRecipes::named(const std::string& name) const {
  std::vector<std::string> known;
  std::string listed;
  for (const ShippedRecipe& recipe : all) {
    if (recipe.name == name) return recipe;
    known.push_back(recipe.name);
    listed += (listed.empty() ? "" : ", ") + recipe.name;
  }
  const std::string near = nearest_name(name, known);
  fail("no recipe named \"", name, "\" ships for this robot and task; ",
       near.empty() ? "" : text("did you mean ", near, "? "), "there are: ", listed,
       "; a file of your own is for --config");
}

ShippedRecipes shipped_recipes(const RobotChoice& robot, const std::string& task) {
  const std::string file_name = task == quadruped::kTasks[0]->name ? kFirstTask : task;
  const bool small = small::find_task(task) != nullptr;
  const bool own =
      !small && !robot.name.empty() && fs::exists(default_recipe(robot.name, file_name));
  const std::string folder = small ? kSmallTasks : own ? robot.name : kAnyRobot;
  const fs::path first = default_recipe(folder, file_name);
  ShippedRecipes recipes{!own && !small, {{kFirstTask, first, summary_of(first)}}};
  for (const fs::path& file : named_files(first.parent_path()))
    if (task_of(file) == task)
      recipes.all.push_back({file.stem().string(), file, summary_of(file)});
  return recipes;
}

}  // namespace kennel
