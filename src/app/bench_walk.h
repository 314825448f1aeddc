// kennel bench walk: how long it takes from nothing to a policy that walks.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "kennel/judge/gate.h"
#include "kennel/run/device.h"
#include "kennel/run/run_config.h"

namespace kennel {

/// Flags of the command. All values are checked; the recipe is not yet read.
struct WalkCommand {
  RecipeChoice recipe;
  int seeds = 5;  // of the training, one after the other
  std::int64_t first_seed = 1;
  std::optional<std::int64_t> steps;        // the recipe's budget, which its schedules follow
  std::optional<std::int64_t> check_every;  // control steps; empty: a hundredth of the budget
  double max_minutes = std::numeric_limits<double>::infinity();  // of each training's clock
  judge::Gate until = judge::Gate::kObeys;
  std::uint64_t judge_seed = judge::kFirstPublishedSeed;
  int threads = 0;  // of training and judge; 0: one for each core
  Device device;
  bool json = false;   // an object a seed, else a table
  bool paced = false;  // `run_paced_training` instead
};

/// The recipe as the flags change it.
/// \throws Error with every problem
RunConfig walk_config(const WalkCommand& command);

/// Trains each seed in a process of its own until its policy passes the gates, and prints when that
/// was. The clock runs from before the process starts, and stands still while a policy is judged.
/// \return the exit code: 1 where a seed did not pass every gate asked for
/// \throws Error when the recipe or an option is unusable, or a training fails
int run_bench_walk(const WalkCommand& command);

/// The other side: the process of `first_seed`, which takes a step for each line on standard input
/// and answers with a line. First it gets ready ({"threads", "simulator"}). Then in turn it trains
/// up to the next check ({"env_steps", "seconds" of each phase, "ended"}) and hands over the policy
/// it had there (policy_json).
/// \return the exit code
/// \throws Error like a training
int run_paced_training(const WalkCommand& command);

}  // namespace kennel
