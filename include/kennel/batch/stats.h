// An iteration's sums as the named means that logs show.
#pragma once

#include <vector>

#include "envs/quadruped/task.h"
#include "kennel/contract/stat.h"

namespace kennel {

/// \param control_dt  s, to turn counts into rates
std::vector<Stat> stats_from(const quadruped::EnvStats<double>& sums, const quadruped::Task& task);

}  // namespace kennel
