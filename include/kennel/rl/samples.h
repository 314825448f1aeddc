// What was experienced, as rows to learn from.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace kennel {

/// Rows are transitions of any environment and step.
struct Samples {
  torch::Tensor action;     // (rows, action_size), raw, before the environment clips it
  torch::Tensor log_prob;   // (rows), of `action` under the policy that took it
  torch::Tensor advantage;  // (rows), normalised
  torch::Tensor returns;    // (rows), advantage + value
  torch::Tensor value;      // (rows), the critic's estimate at the time
  torch::Tensor mean = {};  // (rows, action_size), the policy's at the time; may be undefined

  /// The rows `index`, copied.
  Samples at(const torch::Tensor& index) const;

  /// Rows `begin` to `begin + rows`, views.
  Samples narrow(std::int64_t begin, std::int64_t rows) const;
};

/// An iteration's transitions; M = num_steps * num_envs.
struct RolloutBatch {
  torch::Tensor obs;             // (M, obs_size), as the environment wrote them
  torch::Tensor privileged_obs;  // (M, privileged_obs_size), the same
  Samples samples;               // M rows
  bool scaled = false;           // observations are as the networks read them instead
  std::int64_t num_steps = 1;    // rows are in order of steps, and environments within a step
  std::int64_t first_env = 0;    // the first environment's number among those of all ranks
  std::int64_t all_envs = 0;     // of all ranks; 0: there are no others

  /// Rows `begin` to `begin + rows`, views.
  RolloutBatch narrow(std::int64_t begin, std::int64_t rows) const;
};

}  // namespace kennel
