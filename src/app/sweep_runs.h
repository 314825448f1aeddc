// The trainings that a sweep's file asks for.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "kennel/contract/robot_contract.h"
#include "kennel/run/run_config.h"
#include "sweep_results.h"

namespace kennel {

/// A sweep's file, checked against the recipe.
struct Sweep {
  SweepFile file;
  RobotContract robot{};         // of the first setting
  std::vector<SweepRun> runs{};  // settings in their order, of each its seeds
  std::string warning{};         // of the robot's own controller; empty: none
};

/// Reads the file and the recipe of every setting, and touches nothing.
/// \param out     the sweep's folder
/// \param on_gpu  what trains
/// \throws Error with what is wrong and its line
Sweep plan_sweep(const std::filesystem::path& file, const std::filesystem::path& out, bool on_gpu);

/// The whole recipe of a run.
RunConfig config_of(const SweepFile& file, const SweepRun& run);

/// What follows `kennel` on the command line that starts a run, or goes on with it where its folder
/// is a run already.
std::vector<std::string> train_arguments(const SweepFile& file, const SweepRun& run);

/// \throws Error where a run was trained by another recipe than the file now asks for
void check_recipe(const SweepFile& file, const SweepRun& run);

}  // namespace kennel
