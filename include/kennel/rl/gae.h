// Generalised advantage estimation over a batch of environments, on their device.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "kennel/rl/collective.h"

namespace kennel {

struct AdvantageInput {
  torch::Tensor reward;      // (T, N)
  torch::Tensor value;       // (T, N), V(s_t)
  torch::Tensor next_value;  // (T, N), V(s_{t+1}), where truncated V of the episode's last state
  torch::Tensor terminated;  // (T, N), 0 or 1
  torch::Tensor truncated;   // (T, N), 0 or 1
};

/// Generalised advantage estimation (Schulman et al. 2016, eq. 16).
///   delta_t = r_t + gamma (1 - terminated_t) V_{t+1} - V_t
///   A_t     = delta_t + gamma lambda (1 - done_t) A_{t+1}
/// \return (T, N)
torch::Tensor gae(const AdvantageInput& in, double gamma, double gae_lambda);

/// advantage <- (advantage - mean) / std, by the mean and the deviation of all ranks' advantages.
/// \param count  of all ranks together
void normalise_advantages(torch::Tensor& advantage, std::int64_t count, const Collective& all);

}  // namespace kennel
