// What kennel.make is asked for, as environments.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kennel/model/edits.h"
#include "kennel/policy/policy_file.h"
#include "kennel/run/env_recipe.h"
#include "simulator.h"

namespace kennel::python {

/// The arguments of `kennel train` that environments follow from. Empty: as the recipe has it.
struct Asked {
  std::string robot, task, recipe;
  std::filesystem::path config, model;  // a recipe; an MJCF, edited already
  std::string overrides;                // TOML, a line a key
  std::optional<int> num_envs;
  std::optional<std::uint64_t> seed;
  int num_threads = 0;
};

/// The policy file of a network that was trained in certain environments.
using MakePolicy = std::function<PolicyFile(const PolicyNetwork&)>;

struct Made {
  EnvRecipe recipe;  // resolved
  std::unique_ptr<Simulator> simulator;
  MakePolicy policy;  // needs no file of the robot any more
};

/// \throws Error in one line a problem, naming the nearest where a name is unknown
Made make(const Asked& asked);

/// Writes a model of any quadruped, MJCF or URDF, edited, as MJCF.
/// \return what the edits changed and what is doubtful, a line each
/// \throws Error when it is none that Kennel steps
std::vector<std::string> write_edited_model(const std::filesystem::path& model,
                                            const ModelEdits& edits,
                                            const std::filesystem::path& out);

/// Names of shipped robots, of the robots' tasks and of the tasks without one.
std::vector<std::string> robot_names(), robot_tasks(), small_tasks();

/// Names and first lines of the recipes that ship for a robot and task.
std::vector<std::pair<std::string, std::string>> recipe_names(const std::string& robot,
                                                              const std::string& task);

}  // namespace kennel::python
