// kennel bench: how many steps a second this machine makes.
#pragma once

#include <string>
#include <vector>

#include "kennel/run/device.h"
#include "kennel/run/run_config.h"

namespace kennel {

/// Flags of the command. All values are checked; the recipe is not yet read.
struct BenchCommand {
  bool json = false;            // an object a line, else a table
  bool against_mujoco = false;  // measure MuJoCo's batch API beside it, alternating
  bool gpu_static = false;      // only say what the compiled GPU kernel says of itself
  bool learner = false;         // measure training as well, and its shares
  bool record = true;           // a GPU plays the learner's iterations from recordings
  std::vector<int> num_envs;    // one result for each; empty: the recipe's for the device
  int threads = 0;              // 0: one for each core
  double seconds = 2.0;         // of each measurement
  int repeats = 3;              // the best one counts
  Device device;
  RecipeChoice recipe;
};

/// Prints results on standard output, progress on standard error.
/// \return the exit code
/// \throws Error when the recipe or an option is unusable
int run_bench(const BenchCommand& command);

}  // namespace kennel
