// Proximal policy optimisation with an adaptive KL penalty (Schulman et al. 2017, arXiv 1707.06347,
// equation 8 and section 4). The clipped form is ppo.
//
//   L = E[(pi_theta(a|s) / pi_old(a|s)) A - beta KL(pi_old | pi_theta)]
//       - value_loss_coef E[(V(s) - R)^2] + entropy_coef H       Adam, minibatches, some epochs
//
//   d = E[KL(pi_old | pi_theta)] after them:   beta <- beta / 2  where d < target_kl / 1.5
//                                              beta <- 2 beta    where d > 1.5 target_kl
#pragma once

#include <string>
#include <vector>

#include "kennel/rl/adam.h"
#include "src/learners/on_policy/network_gradient.h"
#include "src/learners/on_policy/on_policy.h"
#include "src/learners/on_policy/on_policy_fields.h"
#include "src/learners/on_policy/policy_means.h"

namespace kennel {

struct PpoKlConfig {
  static constexpr const char* kSection = "ppo_kl";
  RolloutConfig rollout{};
  int num_epochs = 3;
  int num_minibatches = 3;
  float target_kl = 0.01f;
  float init_beta = 1.0f;
  float value_loss_coef = 1.0f;
  float entropy_coef = 0.008f;
  float learning_rate = 1e-3f;
  float max_grad_norm = 1.0f;
  NetworkConfig network{};
};

template <class Config, class Visitor>
void visit_fields(Config& c, Visitor&& v) requires same_config<Config, PpoKlConfig> {
  visit_rollout_fields(c.rollout, v);
  v.field("num_epochs", c.num_epochs, Bounds{1, 100}, "passes over an iteration's samples");
  v.field("num_minibatches", c.num_minibatches, Bounds{1, 4096},
          "gradient steps in a pass; must divide num_envs * num_steps");
  v.field("target_kl", c.target_kl, Bounds{1e-6, 10.0},
          "KL divergence of an iteration's update that beta is steered to [nat]");
  v.field("init_beta", c.init_beta, Bounds{1e-6, 1e6},
          "the penalty's weight at the start [1 / nat]");
  v.field("value_loss_coef", c.value_loss_coef, Bounds{0.0, 1e3},
          "weight of the critic's squared error");
  v.field("entropy_coef", c.entropy_coef, Bounds{0.0, 1.0}, "weight of the entropy bonus");
  v.field("learning_rate", c.learning_rate, Bounds{1e-8, 1.0}, "Adam's step");
  v.field("max_grad_norm", c.max_grad_norm, Bounds{1e-6, 1e6},
          "longer gradients are scaled to this norm");
  visit_network_fields(c.network, v);
}

std::vector<std::string> problems(const PpoKlConfig& config, int num_envs);

/// The next beta (), from the divergence d () of the update that it weighed. Stays within a range
/// that float32 holds.
torch::Tensor adapted_beta(const torch::Tensor& beta, const torch::Tensor& d, double target_kl);

/// Writes the gradients of -scale sum_r (ratio_r A_r - beta KL_r) to the slice, where the old
/// policy's are `samples.mean` and `old_log_std`.
/// \param beta  () on the device
/// \return the sum of -ratio A, ()
torch::Tensor penalised_loss(const Samples& samples, const torch::Tensor& old_log_std,
                             const torch::Tensor& beta, double scale, LossSlice& slice);

class PpoKl final : public OnPolicy {
 public:
  explicit PpoKl(const LearnerParts& parts);

  std::int64_t updates() const override {
    return iteration() * config_.num_epochs * config_.num_minibatches;
  }

 private:
  std::vector<torch::Tensor> learn_from(const RolloutBatch& batch,
                                        std::uint64_t shuffle_key) override;
  torch::Tensor run_epochs(const RolloutBatch& batch, const torch::Tensor& old_log_std,
                           std::uint64_t shuffle_key);
  torch::Tensor skipped() const override { return adam_.skipped(); }
  void put_state(TensorArchive& archive) const override;
  void take_state(const TensorArchive& archive) override;

  PpoKlConfig config_;
  LearningOrder order_;
  PolicyMeans means_;
  NetworkGradient gradient_;
  Adam adam_;
  torch::Tensor beta_;  // () float32
};

}  // namespace kennel
