// Candidates that are gaits: a dozen numbers each, and a clock an environment.
#pragma once

#include <vector>

#include "src/learners/search/candidates.h"

namespace kennel {

/// Parameters are a gait's numbers less their start, in their steps, so that a search's spread
/// means the same for each; folded they are the numbers themselves, within their bounds.
///
/// Gaits are computed on the CPU, environments in lanes: on a device the commands are copied to the
/// host and the actions back, since a gait is cheap and the device waits for actions anyway.
class GaitCandidates final : public Candidates {
 public:
  explicit GaitCandidates(const GaitContract& contract) : contract_(contract) {}

  std::int64_t num_parameters() const override { return gait::kNumNumbers; }

  /// Zero: a slow trot.
  torch::Tensor start(std::uint64_t seed) const override;

  torch::Tensor folded(const torch::Tensor& parameters, const torch::Tensor& mean,
                       const torch::Tensor& inv_std) const override;
  void reset(std::int64_t num_envs) override;
  void act(std::int64_t first, const torch::Tensor& folded, const torch::Tensor& obs,
           torch::Tensor& action) override;
  void stepped(const StepBuffers& now) override;
  PolicyNetwork deployed(const torch::Tensor& folded) const override;

  /// "gait of 12 numbers".
  std::string description() const override;

 private:
  GaitContract contract_;
  std::vector<float> cycle_;  // (num_envs), of each environment's clock
};

}  // namespace kennel
