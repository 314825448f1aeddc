// A recipe without its learning method: all that makes environments. Needs neither LibTorch nor the
// methods.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <utility>

#include "envs/quadruped/config.h"
#include "envs/small/rows.h"
#include "kennel/io/recipe.h"
#include "kennel/run/train_config.h"
#include "kennel/sim/robot.h"

namespace kennel {

/// [task] of a recipe: what the robot is to do, of kTasks in envs/tasks/rows.h; or a small task,
/// of envs/small/rows.h, which has no robot.
struct TaskChoice {
  std::string name = quadruped::kTasks[0]->name;
};

template <class Config, class Visitor>
void visit_fields(Config& c, Visitor&& v) requires same_config<Config, TaskChoice> {
  v.field("name", c.name, Bounds{},
          "what the robot is to do (kennel info lists the tasks); it decides what "
          "[env.command] and [env.reward] have");
}

struct EnvRecipe {
  TrainConfig train;
  RobotChoice robot;
  TaskChoice task;
  quadruped::EnvConfig env;  // of `task`
};

/// The small task that a recipe is for; null where it is a robot's.
inline const small::TaskRow* small_task_of(const EnvRecipe& recipe) {
  return small::find_task(recipe.task.name);
}

/// \param from  what messages call the recipe that names it
/// \throws Error when there is no such task
void check_task(const TaskChoice& task, const std::string& from);

/// Where a recipe comes from: what is set changes what stands above it. What a section NAME.gpu of
/// [train] or of a method says changes section NAME where a GPU trains, and is checked elsewhere: a
/// GPU wants more environments than a CPU. A recipe is resolved for one kind of device.
struct RecipeChoice {
  std::string shipped{};         // by name, of the robot and task; empty: the first of them
  std::filesystem::path file{};  // TOML; empty: nothing else
  std::string keys{};            // TOML, a line a key: "ppo.gamma = 0.97"
  std::string keys_from{};       // what messages call the text of `keys`
  bool on_gpu = false;           // resolved for a GPU
};

/// A section whose best numbers depend on the kind of device, and what it changes on a GPU.
template <class Config>
void read_by_device(Recipe& recipe, const std::string& section, bool on_gpu, Config& config) {
  recipe.read(section, config);
  Config elsewhere = config;
  recipe.read(section + ".gpu", on_gpu ? config : elsewhere);
}

/// Reads the learning methods' sections of a recipe, or leaves them out.
using MethodSections = std::function<void(Recipe&)>;

/// Leaves them out, whatever they say.
void leave_out_methods(Recipe& recipe);

/// Reads all sections but the methods'. One that speaks of a robot is refused where the task of
/// `to` has none.
void read_env_sections(Recipe& recipe, bool on_gpu, EnvRecipe& to);

/// The recipe of a robot and task that others change.
struct ShippedEnv {
  EnvRecipe recipe;
  bool symmetric = true;  // whether left and right can be exchanged; a small task has neither
};

/// \param choice  of which the shipped one's name counts and the kind of device
/// \throws Error when there is no such recipe
ShippedEnv shipped_env(const RobotChoice& robot, const TaskChoice& task, const RecipeChoice& choice,
                       const MethodSections& methods);

/// The file and the keys of a choice, parsed.
struct ParsedChoice {
  Recipe recipe, keys;
  std::filesystem::path folder;  // what robot.model starts from: the recipe's, the run's for one in
                                 // checkpoints/

  /// \param name  of the file that has the text
  ParsedChoice(const RecipeChoice& choice, std::string_view text, const std::string& name);

  /// Reads robot and task, which decide what else there is.
  void read_robot_and_task(RobotChoice& robot, TaskChoice& task);

  /// \throws Error with every problem and its line
  void finish();
};

/// What messages call a choice without a file.
inline constexpr const char* kShippedRecipe = "the shipped recipe";

/// Reads a recipe as `load_run_config` does; what it says of learning methods is neither read nor
/// checked.
/// \param change  changes robot, task or [train] before the rest is read; may be empty
/// \throws Error with every problem and its line
EnvRecipe load_env_recipe(const RecipeChoice& choice,
                          const std::function<void(EnvRecipe&)>& change = {});

/// It written out with its documentation.
std::string recipe_text(const EnvRecipe& recipe);

}  // namespace kennel
