// Whether a recipe can be trained, found out before anything is.
#pragma once

#include <string>
#include <vector>

#include "kennel/run/run_config.h"

namespace kennel {

/// Makes the recipe's environments and its learner on the CPU, as a training there would, and lets
/// go of them.
/// \throws Error where method, task and recipe do not fit
void check_trainable(const RunConfig& config);

/// The columns of metrics.csv that the recipe's environments write; methods have their own, train/
/// and time/, besides.
std::vector<std::string> measured_columns(const RunConfig& config);

}  // namespace kennel
