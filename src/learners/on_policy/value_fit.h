// The critic by itself: regression of the returns, for methods whose policy takes another kind of
// step.
//   minimise  1/M sum (V(s) - R)^2      by Adam, over shuffled minibatches, some epochs
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "kennel/core/fields.h"
#include "kennel/rl/adam.h"
#include "src/learners/on_policy/network_gradient.h"

namespace kennel {

struct ValueFitConfig {
  float learning_rate = 1e-3f;
  int epochs = 5;
  int minibatches = 4;
};

/// Adds these keys to a method's section.
template <class Visitor, class Config>
void visit_value_fit_fields(Config& c, Visitor&& v) requires same_config<Config, ValueFitConfig> {
  v.field("value_learning_rate", c.learning_rate, Bounds{1e-8, 1.0}, "Adam's step for the critic");
  v.field("value_epochs", c.epochs, Bounds{1, 1000},
          "passes of the critic over an iteration's samples");
  v.field("value_minibatches", c.minibatches, Bounds{1, 4096},
          "the critic's gradient steps in a pass; must divide num_envs * num_steps");
}

class ValueFit {
 public:
  ValueFit(ActorCritic& networks, const ValueFitConfig& config, WorkerPool& pool,
           const LearnerOps& ops);

  /// \return the mean squared error over all minibatches, (), on the device
  torch::Tensor run(const RolloutBatch& batch, LearningOrder& order, std::uint64_t shuffle_key,
                    const StepCounter& at);

  Adam& optimiser() { return adam_; }
  const Adam& optimiser() const { return adam_; }

 private:
  ActorCritic& networks_;
  ValueFitConfig config_;
  NetworkGradient gradient_;
  Adam adam_;                    // of all parameters: those of the policy have no gradient
  torch::Tensor free_gradient_;  // (num_free)
};

/// slice.grad_value and `term` (rows) <- the gradient of scale sum_r (V_r - R_r)^2, and its terms
/// without the scale.
void squared_error(const torch::Tensor& returns, double scale, LossSlice& slice,
                   torch::Tensor& term);

}  // namespace kennel
