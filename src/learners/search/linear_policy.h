// The policy that a search looks for: actions linear in the normalised observation.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "kennel/contract/mirror.h"
#include "kennel/policy/policy_network.h"
#include "kennel/rl/weight_tying.h"

namespace kennel {

/// action = (obs - mean) / std W + b, of (obs_size + 1) * action_size parameters, or of about half
/// as many where left and right are treated alike.
///
/// A policy is a row of dense numbers: W (obs_size, action_size) row-major, then b (action_size).
class LinearPolicy {
 public:
  /// \param mirrors  null: left and right are two
  LinearPolicy(std::int64_t obs_size, std::int64_t action_size, const Mirrors* mirrors);

  std::int64_t num_parameters() const;
  std::int64_t num_dense() const { return (obs_size_ + 1) * action_size_; }

  /// The dense numbers (rows, num_dense) that take the raw observation: normalisation is folded in.
  /// \param parameters  (rows, num_parameters) float64 on the CPU
  /// \param mean, inv_std  (obs_size) of the observations
  torch::Tensor folded(const torch::Tensor& parameters, const torch::Tensor& mean,
                       const torch::Tensor& inv_std) const;

  /// One row of dense numbers, for deployment.
  PolicyNetwork network(const torch::Tensor& dense) const;

 private:
  std::int64_t obs_size_, action_size_;
  bool symmetric_;
  WeightTying tying_;  // where symmetric
};

}  // namespace kennel
