// What of a recipe's task can be differentiated.
#pragma once

#include <memory>
#include <string>

#include "kennel/rl/differentiable_task.h"
#include "kennel/run/run_config.h"

namespace kennel {

struct Derivatives {
  std::unique_ptr<DifferentiableTask> task;  // null where there is none
  std::string why_not;                       // in words, where it is null
};

/// A small task that is written for numbers with derivatives, under a linear policy, obs W + b
/// clamped to the action's bounds: its parameters are W (obs_size, action_size) row-major and b,
/// and begin at zero. No task of a robot has any.
Derivatives derivatives_of(const RunConfig& config);

}  // namespace kennel
