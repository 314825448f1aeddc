// Advantage actor-critic, all environments in step (A3C without its threads: Mnih et al. 2016,
// arXiv 1602.01783, section 4).
//
//   g = 1/M sum [ A grad log pi(a|s) - value_loss_coef grad (V(s) - R)^2
//                 - mean_coef grad |mean(s)|^2 ] + entropy_coef grad H
//   theta <- theta + RMSProp(g)                      one step for both networks an iteration
//
// The critic has a learning rate of its own: advantages by a critic that is slower than the policy
// lead it astray, so the critic has to be on the faster time scale (Konda & Tsitsiklis 2000).
//
// mean_coef is not the paper's: noise that the bounds of an action cut off costs less, so a policy
// whose exploration is dear gains by driving its mean to the bounds, and a squashed mean has no
// slope there to come back by. The divergence that limits the steps of the others keeps them off.
//
// A are generalised advantages, scaled to mean 0 and deviation 1 over the iteration; gae_lambda = 1
// makes them the paper's. R = A + V before that. The gradient is that of the policy that acted: an
// iteration is short, and there are many.
#pragma once

#include <string>
#include <vector>

#include "src/learners/on_policy/network_gradient.h"
#include "src/learners/on_policy/on_policy.h"
#include "src/learners/on_policy/on_policy_fields.h"
#include "src/learners/on_policy/policy_means.h"
#include "src/learners/policy_gradient/rms_prop.h"

namespace kennel {

struct A2cConfig {
  static constexpr const char* kSection = "a2c";
  RolloutConfig rollout{.num_steps = 8};
  float learning_rate = 7e-4f;
  float value_learning_rate = 7e-4f;
  RmsPropConfig optimiser{};
  float value_loss_coef = 0.5f;
  float entropy_coef = 0.008f;
  float mean_coef = 0;
  NetworkConfig network{};
};

template <class Config, class Visitor>
void visit_fields(Config& c, Visitor&& v) requires same_config<Config, A2cConfig> {
  visit_rollout_fields(c.rollout, v);
  v.field("learning_rate", c.learning_rate, Bounds{1e-8, 1.0}, "RMSProp's step of the policy");
  v.field("value_learning_rate", c.value_learning_rate, Bounds{1e-8, 1.0},
          "RMSProp's step of the critic");
  v.field("rms_decay", c.optimiser.decay, Bounds{0.0, 0.99999},
          "of RMSProp's mean of squared gradients, an iteration");
  v.field("rms_epsilon", c.optimiser.epsilon, Bounds{1e-12, 1.0},
          "added to that mean: gradients well below its root take small steps");
  v.field("max_grad_norm", c.optimiser.max_grad_norm, Bounds{1e-6, 1e6},
          "longer gradients are scaled to this norm");
  v.field("value_loss_coef", c.value_loss_coef, Bounds{0.0, 1e3},
          "weight of the critic's squared error");
  v.field("entropy_coef", c.entropy_coef, Bounds{0.0, 1.0}, "weight of the entropy bonus");
  v.field("mean_coef", c.mean_coef, Bounds{0.0, 1e3},
          "price of the mean action's squares: keeps a squashed mean off its bounds, where it has "
          "no slope to come back by");
  visit_network_fields(c.network, v);
}

std::vector<std::string> problems(const A2cConfig& config, int num_envs);

class A2c final : public OnPolicy {
 public:
  explicit A2c(const LearnerParts& parts);

 private:
  std::vector<torch::Tensor> learn_from(const RolloutBatch& batch,
                                        std::uint64_t shuffle_key) override;
  torch::Tensor skipped() const override { return optimiser_.skipped(); }
  void put_state(TensorArchive& archive) const override { optimiser_.put(archive, "a2c/rms_prop"); }
  void take_state(const TensorArchive& archive) override {
    optimiser_.take(archive, "a2c/rms_prop");
  }

  A2cConfig config_;
  LearningOrder order_;
  PolicyMeans means_;
  NetworkGradient gradient_;
  RmsProp optimiser_;
};

}  // namespace kennel
