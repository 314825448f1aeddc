// Proximal policy optimisation (Schulman, Wolski, Dhariwal, Radford, Klimov 2017, arXiv 1707.06347,
// equations 7 and 9, algorithm 1): one iteration's gradient steps.
//
//   r       = pi_theta(a|s) / pi_old(a|s)
//   L_clip  = -E[min(r A, clip(r, 1 - eps, 1 + eps) A)]               A: advantages (rl/gae.h)
//   V_clip  = V_old + clip(V - V_old, -eps, eps)
//   L_value = E[max((V - R)^2, (V_clip - R)^2)]                       R = A + V_old
//   L       = L_clip + value_loss_coef L_value - entropy_coef H
//   theta  <- theta + Adam(-grad L)                                   minibatches, some epochs
//
//   before it:  learning rate / 1.5  where KL(pi_old | pi_theta) > 2 desired_kl
//               learning rate * 1.5  where KL(pi_old | pi_theta) < desired_kl / 2
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "kennel/core/epoch_order.h"
#include "kennel/rl/actor_critic.h"
#include "kennel/rl/adam.h"
#include "kennel/rl/collective.h"
#include "kennel/rl/learner_ops.h"
#include "kennel/rl/normaliser.h"
#include "kennel/rl/slices.h"
#include "kennel/rl/step_counter.h"
#include "kennel/rl/worker_pool.h"
#include "src/learners/on_policy/learning_rows.h"
#include "src/learners/on_policy/network_gradient.h"
#include "src/learners/ppo/ppo_config.h"
#include "src/learners/ppo/ppo_losses.h"
#include "src/learners/ppo/ppo_minibatch.h"

namespace kennel {

/// Means over all minibatches, on the device.
struct UpdateReport {
  torch::Tensor surrogate_loss;  // ()
  torch::Tensor value_loss;      // ()
  torch::Tensor kl;              // ()
  torch::Tensor clip_fraction;   // ()
  torch::Tensor grad_norm;       // ()
};

/// Moves a policy and a critic by PPO. Nothing in it waits for the device.
///
///   for each epoch:  shuffle;  for each minibatch:
///     gradient of L_clip + value_loss_coef L_value - entropy_coef H, over all ranks
///     learning rate / 1.5 if KL > 2 desired_kl, * 1.5 if KL < desired_kl / 2
///     Adam step
class PpoUpdate {
 public:
  PpoUpdate(ActorCritic& networks, const Normaliser& obs_normaliser,
            const Normaliser& privileged_normaliser, const PpoConfig& config, WorkerPool& pool,
            const LearnerOps& ops, const Collective& all = alone());

  /// How far training is, from 0 to 1: anneals the entropy bonus and the KL divergence aimed at.
  void set_progress(double fraction);

  /// One iteration. The batch's order in each epoch is that of (key, steps of the run, epoch).
  UpdateReport run(const RolloutBatch& batch, std::uint64_t shuffle_key, const StepCounter& at);

  /// The gradient of the loss over the rows `index` of the batch, of this rank alone, laid out like
  /// the networks' weights, layer by layer. Overwritten by the next call.
  const torch::Tensor& gradient(const RolloutBatch& batch, const torch::Tensor& index);

  /// Whether `run` takes minibatches in one operation each.
  bool takes_whole_minibatches() const { return whole_minibatches_.possible(); }

  /// (4): means of surrogate loss, value loss, KL and clip fraction in the last `gradient` call.
  const torch::Tensor& losses() const { return losses_; }

  Adam& optimiser() { return adam_; }
  const Adam& optimiser() const { return adam_; }

 private:
  /// A minibatch's rows here, their slices, and how many there are on all ranks.
  struct Minibatch {
    LearningRows rows;
    std::vector<Slice> slices;
    double of_all = 0.0;
  };
  Minibatch minibatch(const LearningRows& epoch, const EpochOrder& order, int number,
                      double of_all) const;
  const torch::Tensor& sums_of(const Minibatch& minibatch);
  SlicedGradient slices_of(const Minibatch& minibatch);
  SliceWork slice_loss(double rows) const;
  LossRule loss_rule(double rows) const;
  void free_gradient(const Minibatch& minibatch);
  void step(bool adapt, const torch::Tensor& grad_norm);
  void adapt_learning_rate(const torch::Tensor& kl);

  ActorCritic& networks_;
  PpoConfig config_;
  torch::Device device_;
  const LearnerOps& ops_;
  PpoLosses compute_losses_;
  WholeMinibatches whole_minibatches_;
  const Collective& all_;
  WorkerPool& pool_;
  LearningOrder order_;
  NetworkGradient network_gradient_;
  Adam adam_;
  // As annealed, on the device: a recorded update reads what they are when it is played.
  torch::Tensor annealed_;                     // (3), the memory of the next three
  torch::Tensor entropy_coef_;                 // ()
  torch::Tensor kl_too_small_, kl_too_large_;  // () each
  // Float64, made when first needed: fused operations do without.
  torch::Tensor sums_;           // (num_weights + 4), the memory of the next two
  torch::Tensor gradient_sums_;  // (num_weights)
  torch::Tensor loss_sums_;      // (4)
  torch::Tensor free_gradient_;  // (num_free)
  torch::Tensor losses_;         // (4)
};

}  // namespace kennel
