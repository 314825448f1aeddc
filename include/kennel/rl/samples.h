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

/// An iteration's transitions in any order; M = num_steps * num_envs.
struct RolloutBatch {
  torch::Tensor obs;             // (M, obs_size), as the environment wrote them
  torch::Tensor privileged_obs;  // (M, privileged_obs_size), the same
  Samples samples;               // M rows
  bool scaled = false;           // observations are as the networks read them instead

  /// Rows `begin` to `begin + rows`, views.
  RolloutBatch narrow(std::int64_t begin, std::int64_t rows) const;
};

}  // namespace kennel
