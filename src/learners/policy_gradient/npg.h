// Natural policy gradient (Kakade 2001; normalised step: Rajeswaran et al. 2017, arXiv 1703.02660,
// section 3, equation 5).
//
//   theta <- theta + sqrt(2 max_kl / g'F^-1 g) F^-1 g
//
// g and F^-1 g: natural_gradient.h. The advantages are estimated with a critic, which is then
// fitted to the returns (value_fit.h). The step's length is that of the divergence's quadratic
// form: nothing checks the divergence itself, as trpo does.
#pragma once

#include <string>
#include <vector>

#include "src/learners/on_policy/on_policy.h"
#include "src/learners/on_policy/on_policy_fields.h"
#include "src/learners/on_policy/policy_means.h"
#include "src/learners/on_policy/value_fit.h"
#include "src/learners/policy_gradient/natural_gradient.h"

namespace kennel {

struct NpgConfig {
  static constexpr const char* kSection = "npg";
  RolloutConfig rollout{};
  NaturalGradientConfig natural{};
  ValueFitConfig value{};
  NetworkConfig network{};
};

template <class Config, class Visitor>
void visit_fields(Config& c, Visitor&& v) requires same_config<Config, NpgConfig> {
  visit_rollout_fields(c.rollout, v);
  visit_natural_gradient_fields(c.natural, v);
  visit_value_fit_fields(c.value, v);
  visit_network_fields(c.network, v);
}

std::vector<std::string> problems(const NpgConfig& config, int num_envs);

class Npg final : public OnPolicy {
 public:
  explicit Npg(const LearnerParts& parts);

 private:
  std::vector<torch::Tensor> learn_from(const RolloutBatch& batch,
                                        std::uint64_t shuffle_key) override;
  torch::Tensor skipped() const override { return failed_ + value_.optimiser().skipped(); }
  void put_state(TensorArchive& archive) const override;
  void take_state(const TensorArchive& archive) override;

  NpgConfig config_;
  LearningOrder order_;
  PolicyMeans means_;
  NaturalGradient natural_;
  ValueFit value_;
  torch::Tensor failed_;  // () float32, steps that were not finite
};

}  // namespace kennel
