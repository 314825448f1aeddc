// kennel bench scaling: training by one rank and by several, and what many would do.
#pragma once

#include <string>
#include <vector>

#include "kennel/run/run_config.h"

namespace kennel {

/// Flags of the command. All values are checked; the recipe is not yet read.
struct ScalingCommand {
  RecipeChoice recipe;
  std::vector<int> ranks = {1,
                            2};  // to measure, on this machine; a launcher's are as many as it says
  int num_envs = 0;              // of all ranks together; 0: the recipe's
  int threads = 1;               // of each rank
  std::string device = "auto";
  double seconds = 5.0;   // each measurement
  double delay_ms = 0.0;  // of each sum, as between distant machines
  bool json = false;
  bool measure = false;  // one measurement, by the ranks that this process is one of
};

/// \return the exit code
int run_bench_scaling(const ScalingCommand& command);

/// The other side: trains for a while and prints {"envs", "seconds", "sums", "bytes",
/// "sum_seconds", "probe": [{"bytes", "seconds"}]} of an iteration; null on other ranks than the
/// first.
int run_scaling_measurement(const ScalingCommand& command);

}  // namespace kennel
