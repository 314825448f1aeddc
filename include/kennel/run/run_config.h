// A whole recipe: the run, the learning method, the environment.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "kennel/learners/learners.h"
#include "kennel/run/env_recipe.h"

namespace kennel {

struct RunConfig : EnvRecipe {
  const LearnerEntry* method = &kLearners[0];  // the one that train.algorithm names
  ConfigBlock learner = method->config();      // its section
};

/// For commands that are about robots.
/// \throws Error where the recipe is for a small task
void check_has_robot(const RunConfig& config, const std::string& command);

/// For commands that train.
/// \throws Error where the budget ends before the method has learnt once, naming the least that
/// does not
void check_budget(const RunConfig& config);

/// Visits every section of a recipe: f(section name, struct). Of the methods it has the one that
/// learns. A small task has neither a robot nor a robot's environment.
template <class Config, class F>
void visit_sections(Config& c, F&& f) requires same_config<Config, RunConfig> {
  const bool has_robot = small_task_of(c) == nullptr;
  f("train", c.train);
  if (has_robot) f("robot", c.robot);
  f("task", c.task);
  f(c.learner.section().c_str(), c.learner);
  if (has_robot) visit_sections(c.env, f);
}

/// "fast", "my.toml", "fast, my.toml, ppo.gamma = 0.97"; "default" where nothing is named.
std::string name_of(const RecipeChoice& choice);

/// Changes what a command's flags change, before the whole is checked.
using ConfigOverride = std::function<void(RunConfig&)>;

/// Reads a recipe; what it leaves out is as in the shipped one of its robot and task, which where
/// the robot has none of its own is the general one scaled to it. It may have sections of several
/// methods, of which train.algorithm names the one that counts.
/// \param choice   its file names robot and task, unless `change` does
/// \param methods  that it may name
/// \throws Error with every problem and its line
RunConfig load_run_config(const RecipeChoice& choice, const ConfigOverride& change = {},
                          std::span<const LearnerEntry> methods = kLearners);

/// The same from the text of a file.
/// \param name  the file that it is in, or what messages call it; its folder is what robot.model
/// starts from, the run's for one in checkpoints/
RunConfig parse_run_config(std::string_view text, const std::string& name,
                           const ConfigOverride& change = {},
                           std::span<const LearnerEntry> methods = kLearners);

/// The resolved recipe with all its documentation; reading it gives an identical RunConfig.
std::string recipe_text(const RunConfig& config);

}  // namespace kennel
