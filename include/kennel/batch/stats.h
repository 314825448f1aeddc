// An iteration's sums as the named means that logs show.
#pragma once

#include <span>
#include <vector>

#include "envs/quadruped/task.h"
#include "kennel/contract/stat.h"

namespace kennel {

/// The sums as they lie in memory.
inline std::span<double> numbers_of(quadruped::EnvStats<double>& sums) {
  return {reinterpret_cast<double*>(&sums), sizeof sums / sizeof(double)};
}

std::vector<Stat> stats_from(const quadruped::EnvStats<double>& sums, const quadruped::Task& task);

}  // namespace kennel
