// Candidates that are networks of the normalised observation, by default of one layer, which is
// linear.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "kennel/contract/mirror.h"
#include "kennel/contract/vec_env.h"
#include "kennel/policy/policy_network.h"
#include "kennel/rl/mlp.h"
#include "kennel/rl/weight_tying.h"
#include "src/learners/search/candidates.h"
#include "src/learners/search/search_config.h"

namespace kennel {

/// Its layers: those of `hidden`, then actions, which nothing bends.
MlpShape candidate_shape(const SearchConfig& config, int obs_size, int action_size);

/// action = network((obs - mean) / std), of as many parameters as its layers have weights and
/// biases, or of about half as many where left and right are treated alike.
///
/// A folded candidate is a row of dense numbers: of each layer W (in, out) row-major, then b (out).
class NetworkCandidates final : public Candidates {
 public:
  /// \param mirrors  null: left and right are two
  NetworkCandidates(const EnvSpec& spec, const SearchConfig& config, const Mirrors* mirrors);

  std::int64_t num_parameters() const override {
    return symmetric_ ? tying_.num_free() : num_dense();
  }
  std::int64_t num_dense() const { return kennel::num_parameters(shape_); }
  const MlpShape& shape() const { return shape_; }

  /// Where a search begins, (num_parameters) float64: zero where the policy is linear. Else hidden
  /// layers are orthogonal, since from zero nothing would reach them, and actions nearly zero.
  torch::Tensor start(std::uint64_t seed) const override;

  /// The dense numbers (rows, num_dense) that take the raw observation: normalisation is folded in.
  /// \param parameters  (rows, num_parameters) float64 on the CPU
  /// \param mean, inv_std  (obs_size) of the observations
  torch::Tensor folded(const torch::Tensor& parameters, const torch::Tensor& mean,
                       const torch::Tensor& inv_std) const override;

  void act(std::int64_t first, const torch::Tensor& policies, const torch::Tensor& obs,
           torch::Tensor& action) override;

  PolicyNetwork deployed(const torch::Tensor& dense) const override;

  /// "linear policy" or "policy of 64, 32 tanh units".
  std::string description() const override;

 private:
  MlpShape shape_;
  bool symmetric_;
  WeightTying tying_;  // where symmetric
};

}  // namespace kennel
