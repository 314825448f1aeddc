// What PPO does to rows beside LearnerOps, as a table that a device may bring along.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "kennel/learners/loss_slice.h"
#include "kennel/rl/mlp.h"
#include "kennel/rl/precision.h"
#include "kennel/rl/samples.h"

namespace kennel {

/// What PPO's losses are told beside the samples.
struct LossRule {
  double clip_param = 0.0;
  bool value_clip = false;
  double scale = 0.0;        // 1 / rows of the whole minibatch
  double value_scale = 0.0;  // value_loss_coef / rows of the whole minibatch
};

/// The losses over the rows `index` of the samples, or over all where it is undefined.
/// Sums: surrogate, squared error, KL, clipped rows. The entropy bonus is left out.
using PpoLosses = void (*)(const Samples& samples, const torch::Tensor& index, const LossRule& rule,
                           LossSlice& slice);

/// How a device takes whole minibatches, forward, losses and backward, in one operation. Decided
/// once, before anything is recorded.
struct MinibatchPlan {
  MlpShape actor, critic;
  ProductPrecision products = ProductPrecision::kFp32;  // kBf16: but for the policy's forward pass,
                                                        // which is in tf32
  int tile_rows = 0;    // taken at once; 0: the device does not, as networks or products do not fit
  int most_slices = 0;  // of a minibatch, by the device's size: the order of its sums depends on it

  bool possible() const { return tile_rows > 0; }
  /// Slices of a minibatch.
  std::int64_t slices(std::int64_t rows) const;
};

/// A minibatch, and where its gradient goes in slices that are summed by FusedOps::reduce.
struct MinibatchPass {
  const RolloutBatch& batch;  // observations as the networks read them
  torch::Tensor index;        // (rows) int64 into it; undefined: all of it
  torch::Tensor weights;      // (num_weights): actor, critic, log_std
  LossRule rule;
  torch::Tensor gradients;  // (slices, at least num_weights, a multiple of 4) <-
  torch::Tensor losses;     // (slices, 4) <- as LossSlice::sums
};

struct PpoOps {
  PpoLosses losses;

  /// Whether and how the device takes minibatches of these networks.
  MinibatchPlan (*plan_minibatches)(const MlpShape& actor, const MlpShape& critic,
                                    ProductPrecision products, torch::Device device) = nullptr;
  void (*minibatch)(const MinibatchPlan& plan, const MinibatchPass& pass) = nullptr;
};

}  // namespace kennel
