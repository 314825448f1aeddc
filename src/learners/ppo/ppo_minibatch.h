// Minibatches taken whole: one operation for both networks' passes and the losses between them,
// where a device has it and the networks fit. Layer by layer, as PpoUpdate does it elsewhere, is
// the reference.
#pragma once

#include <torch/types.h>

#include "kennel/learners/ppo_ops.h"
#include "kennel/rl/actor_critic.h"
#include "kennel/rl/learner_ops.h"
#include "src/learners/on_policy/network_gradient.h"
#include "src/learners/ppo/ppo_config.h"

namespace kennel {

/// How a table of operations takes minibatches of these networks; not `possible` where it cannot.
/// \throws Error where the products asked for are to be had in no other way
MinibatchPlan minibatch_plan(const LearnerOps& ops, const MlpShape& actor, const MlpShape& critic,
                             const PpoConfig& config, torch::Device device);

/// Partial gradients of a minibatch and their losses, kept between minibatches.
class WholeMinibatches {
 public:
  WholeMinibatches(const ActorCritic& networks, const PpoConfig& config, const LearnerOps& ops);

  bool possible() const { return plan_.possible(); }

  /// The slices of a minibatch, overwritten by the next call.
  /// \param weights  of the networks, (num_weights)
  /// \param index    (rows) int64 into the batch; undefined: all of it
  const SlicedGradient& take(const torch::Tensor& weights, const RolloutBatch& batch,
                             const torch::Tensor& index, const LossRule& rule);

 private:
  const LearnerOps& ops_;
  MinibatchPlan plan_;
  SlicedGradient slices_;
};

}  // namespace kennel
