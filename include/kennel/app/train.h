// A training from its recipe to its report: what `kennel train` does.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "kennel/io/event_file.h"
#include "kennel/model/edits.h"
#include "kennel/run/run_config.h"

namespace kennel {

class Ranks;

/// What is empty comes from the recipe.
struct TrainCommand {
  RecipeChoice recipe;
  std::string robot;                       // shipped; empty: the recipe's
  std::string model;                       // MJCF or URDF; empty: the robot's own
  ModelEdits edits;                        // of `model`
  std::string out;                         // run folder to create; empty: a new one below runs/
  std::string resume;                      // run folder to go on with
  std::optional<std::int64_t> checkpoint;  // of `resume`, by its step; empty: the last one
  std::string init_from;                   // checkpoint whose networks start the run
  std::string algorithm;                   // learning method
  std::string task;                        // what the robot is to do, or a small one
  bool force = false;                      // replace an existing run folder
  std::optional<std::int64_t> steps;
  std::optional<double> minutes;
  std::optional<std::int64_t> seed;
  std::optional<int> num_envs;
  int threads = 0;  // of the simulator; 0: one for each core
  std::string device = "auto";
  Ranks* ranks = nullptr;  // who else trains this policy; null: nobody

  /// As `TrainLoop::on_iteration`, and how far the budget is spent, from 0 to 1.
  std::function<bool(std::int64_t env_steps, double progress, const std::vector<Scalar>&)>
      on_iteration;
};

/// What a training came to.
struct Trained {
  std::filesystem::path run;
  std::int64_t env_steps = 0;
  std::string complaint{};  // where the policy is not what its steps promise
};

/// Trains, exports, judges; says on standard error how far it is.
/// \throws Error for everything the user can act on; an existing run folder is whole then
Trained run_train(const TrainCommand& command);

}  // namespace kennel
