// The trainings that a comparison is of.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "envs/small/rows.h"
#include "kennel/contract/robot_contract.h"
#include "kennel/run/run_config.h"
#include "study_run.h"

namespace kennel {

/// What is compared, and the budget that all share.
struct CompareRequest {
  std::vector<std::string> recipes;  // NAME or FILE.toml, each alone or with :METHOD behind it
  std::string robot, task;           // of all; empty: the recipes'
  int seeds = 5;                     // 1 and what follows
  std::optional<std::int64_t> steps;
  std::optional<double> minutes;
  bool on_gpu = false;  // what trains is a GPU, which recipes may tell apart
};

/// One of the recipes.
struct ComparedRecipe {
  std::string label;             // "default:es"
  std::string shipped{};         // by name; empty: a file
  std::filesystem::path file{};  // of one's own
  std::string algorithm{};       // empty: the recipe's
};

struct ComparePlan {
  CompareRequest request;
  std::vector<ComparedRecipe> recipes{};
  std::vector<std::string> algorithms{};  // of each, by its whole recipe
  std::vector<bool> whole_episodes{};     // of each: whether its training knows returns of such
  std::vector<StudyRun> runs{};           // recipes in their order, of each its seeds
  std::string robot{}, task{};            // the robot's is empty for a small task
  std::optional<RobotContract> contract{};
  const small::TaskRow* small = nullptr;
  std::vector<std::string> warnings{};  // of the robot's own controller

  /// "2M steps each", "10 minutes each".
  std::string budget() const;
};

/// Reads every recipe and touches nothing.
/// \param out  the comparison's folder
/// \throws Error with what is wrong and what to try
ComparePlan plan_comparison(const CompareRequest& request, const std::filesystem::path& out);

/// The whole recipe of a run.
RunConfig config_of(const ComparePlan& plan, const StudyRun& run);

/// What follows `kennel` on the command line that starts a run, or goes on with it for what is left
/// of its minutes where its folder is a run already.
std::vector<std::string> train_arguments(const ComparePlan& plan, const StudyRun& run);

/// \throws Error where a run was trained by another recipe or budget than the plan's
void check_recipe(const ComparePlan& plan, const StudyRun& run);

}  // namespace kennel
