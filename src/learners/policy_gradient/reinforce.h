// REINFORCE (Williams 1992) with returns to go (Sutton, McAllester, Singh, Mansour 1999) and a
// baseline.
//
//   g = 1/M sum_t grad log pi(a_t|s_t) (G_t - b),   G_t = r_t + gamma r_{t+1} + ...
//   theta <- theta + Adam(g + entropy_coef grad H)            one step an iteration
//
//   baseline   b
//   none       0
//   mean       E[G]
//   optimal    E[|grad log pi|^2 G] / E[|grad log pi|^2]       least variance of g (Peters & Schaal
//              2008, Neural Networks 21, section 3.2)
//   learned    V(s_t), a critic fitted to the returns (value_fit.h)
//
// No b changes what g is on average, since E[grad log pi] = 0. An iteration ends before its
// episodes do: what they would still have earned is V of their last state, whatever the baseline.
// With num_steps of an episode nothing is left to V.
#pragma once

#include <string>
#include <vector>

#include "src/learners/on_policy/on_policy.h"
#include "src/learners/on_policy/on_policy_fields.h"
#include "src/learners/on_policy/policy_means.h"
#include "src/learners/on_policy/value_fit.h"

namespace kennel {

struct ReinforceConfig {
  static constexpr const char* kSection = "reinforce";
  RolloutConfig rollout{.gae_lambda = 1.0f};  // returns, not the critic's opinion of them
  std::string baseline = "learned";
  float learning_rate = 1e-3f;
  float entropy_coef = 0.0f;
  float max_grad_norm = 1.0f;
  ValueFitConfig value{};
  NetworkConfig network{};
};

template <class Config, class Visitor>
void visit_fields(Config& c, Visitor&& v) requires same_config<Config, ReinforceConfig> {
  v.field("num_steps", c.rollout.num_steps, Bounds{1, 4096},
          "control steps of every environment in an iteration; what an episode earns after them is "
          "the critic's estimate");
  v.field("gamma", c.rollout.gamma, Bounds{0.0, 1.0}, "discount a control step");
  v.field("baseline", c.baseline, Bounds{},
          "taken off the returns: none, mean, optimal (of least variance) or learned (the critic)");
  v.field("learning_rate", c.learning_rate, Bounds{1e-8, 1.0}, "Adam's step");
  v.field("entropy_coef", c.entropy_coef, Bounds{0.0, 1e3},
          "weight of the entropy bonus, in units of the return");
  v.field("max_grad_norm", c.max_grad_norm, Bounds{1e-6, 1e6},
          "longer gradients are scaled to this norm");
  visit_value_fit_fields(c.value, v);
  visit_network_fields(c.network, v);
}

std::vector<std::string> problems(const ReinforceConfig& config, int num_envs);

/// E[|grad log pi|^2 G] / E[|grad log pi|^2], (): the constant baseline of least variance.
/// \param norm_squared  (rows), |grad log pi(a|s)|^2
/// \param returns       (rows), G
torch::Tensor optimal_baseline(const torch::Tensor& norm_squared, const torch::Tensor& returns);

/// |grad log pi(a_r|s_r)|^2 of every row by the weights as they are run, (rows): of a layer
/// y = act(x W + b) it is (|x|^2 + 1) |d|^2 with d = d log pi / d (x W + b).
torch::Tensor gradient_norms_squared(const ActorCritic& networks, NetworkGradient& gradient,
                                     const LearningRows& rows);

class Reinforce final : public OnPolicy {
 public:
  explicit Reinforce(const LearnerParts& parts);

 private:
  std::vector<torch::Tensor> learn_from(const RolloutBatch& batch,
                                        std::uint64_t shuffle_key) override;
  torch::Tensor baseline(const LearningRows& rows);
  torch::Tensor skipped() const override { return adam_.skipped() + value_.optimiser().skipped(); }
  void put_state(TensorArchive& archive) const override;
  void take_state(const TensorArchive& archive) override;

  ReinforceConfig config_;
  LearningOrder order_;
  PolicyMeans means_;
  NetworkGradient gradient_;
  Adam adam_;
  ValueFit value_;
};

}  // namespace kennel
