// What an episode of a small task (envs/small) returns under a linear policy, and the derivatives
// by the policy's numbers:
//
//   a_t = clamp(o_t W + b),  s_{t+1} = f(s_t, a_t),  return = sum_{t < horizon} r(s_t, a_t)
//
// Forward mode: the rates of state and action by all the numbers are carried along the rollout,
//   da_t = do_t W + o_t dW + db  within the action's bounds, 0 beyond them,
//   ds_{t+1} = f_s ds_t + f_a da_t,  d return = sum r_s ds_t + r_a da_t,
// so that memory does not grow with the horizon; time grows with the number of parameters.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "envs/small/task.h"

namespace kennel::gradient {

/// The functions of a task. A policy is (obs_size + 1) action_size numbers: W (obs_size,
/// action_size) row-major, then b (action_size). They may be called from several threads at once.
struct SmallReturn {
  int num_parameters = 0;

  /// \param start    the episode: the random numbers of its start, step 0; those of its steps follow
  /// \param horizon  control steps that count; an episode that terminates earns no more
  /// \return NaN where an action is no number
  double (*value)(std::span<const double> policy, const small::Draw& start, int horizon) = nullptr;

  /// Sets the derivatives (num_parameters) and returns the value. They are those of the side of a
  /// bound that an action is on: see core/dual.h.
  double (*gradient)(std::span<const double> policy, const small::Draw& start, int horizon,
                     std::span<double> out) = nullptr;
};

/// Null where the task has no derivatives.
const SmallReturn* small_return(const small::TaskRow& task);

/// The tasks that have them, by name.
std::vector<std::string> differentiable_tasks();

}  // namespace kennel::gradient
