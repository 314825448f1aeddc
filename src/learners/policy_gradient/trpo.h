// Trust region policy optimisation (Schulman et al. 2015, arXiv 1502.05477, equation 14 and
// appendix C).
//
//   maximise    L(theta) = E[(pi_theta(a|s) / pi_old(a|s)) A]
//   subject to  E[KL(pi_old | pi_theta)] <= max_kl
//
//   step    = sqrt(2 max_kl / x'F x) x,  x = F^-1 grad L                  (natural_gradient.h)
//   theta_j = theta_old + shrink^j step,  j = 0, 1, ...
//   theta  <- the first theta_j with L > L(theta_old) and KL <= max_kl
//
// L and the KL divergence are those of the whole batch, the divergence in closed form. Where no
// share of the step is accepted the policy stays. Advantages come from a critic, which is then
// fitted to the returns (value_fit.h).
#pragma once

#include <string>
#include <vector>

#include "src/learners/on_policy/on_policy.h"
#include "src/learners/on_policy/on_policy_fields.h"
#include "src/learners/on_policy/policy_means.h"
#include "src/learners/on_policy/value_fit.h"
#include "src/learners/policy_gradient/line_search.h"
#include "src/learners/policy_gradient/natural_gradient.h"

namespace kennel {

struct TrpoConfig {
  static constexpr const char* kSection = "trpo";
  RolloutConfig rollout{};
  NaturalGradientConfig natural{};
  int backtracks = 10;
  float backtrack_factor = 0.8f;
  ValueFitConfig value{};
  NetworkConfig network{};
};

template <class Config, class Visitor>
void visit_fields(Config& c, Visitor&& v) requires same_config<Config, TrpoConfig> {
  visit_rollout_fields(c.rollout, v);
  visit_natural_gradient_fields(c.natural, v);
  v.field("backtracks", c.backtracks, Bounds{1, 100},
          "shares of the step that are tried before it is given up");
  v.field("backtrack_factor", c.backtrack_factor, Bounds{0.01, 0.99},
          "each share of the step that is tried, by the one before it");
  visit_value_fit_fields(c.value, v);
  visit_network_fields(c.network, v);
}

std::vector<std::string> problems(const TrpoConfig& config, int num_envs);

class Trpo final : public OnPolicy {
 public:
  explicit Trpo(const LearnerParts& parts);

 private:
  std::vector<torch::Tensor> learn_from(const RolloutBatch& batch,
                                        std::uint64_t shuffle_key) override;
  LineSearchResult move(const LearningRows& rows, const torch::Tensor& step);
  torch::Tensor skipped() const override { return failed_ + value_.optimiser().skipped(); }
  void put_state(TensorArchive& archive) const override;
  void take_state(const TensorArchive& archive) override;

  TrpoConfig config_;
  LearningOrder order_;
  PolicyMeans means_;
  NaturalGradient natural_;
  ValueFit value_;
  torch::Tensor failed_;  // () float32, steps that were not finite
};

}  // namespace kennel
