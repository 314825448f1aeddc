// PPO's losses over a slice of a minibatch, as one operation: chosen once, by how the rest of the
// arithmetic is done.
#pragma once

#include "kennel/rl/learner_ops.h"
#include "kennel/rl/samples.h"

namespace kennel {

/// What PPO's losses are told beside the samples.
struct LossRule {
  double clip_param = 0.0;
  bool value_clip = false;
  double scale = 0.0;        // 1 / rows of the whole minibatch
  double value_scale = 0.0;  // value_loss_coef / rows of the whole minibatch
};

/// Networks' outputs over a slice of a minibatch, and where the losses' gradients go.
struct LossSlice {
  torch::Tensor mean;          // (rows, action_size)
  torch::Tensor log_std;       // (action_size)
  torch::Tensor value;         // (rows, 1)
  torch::Tensor grad_mean;     // (rows, action_size) <- d loss / d mean
  torch::Tensor grad_log_std;  // (action_size) <- d loss / d log_std, without the entropy bonus
  torch::Tensor grad_value;    // (rows, 1) <- d loss / d value
  torch::Tensor sums;          // (4) <- over rows: surrogate, squared error, KL, clipped rows
};

/// The losses over the rows `index` of the samples, or over all where it is undefined.
using PpoLosses = void (*)(const Samples& samples, const torch::Tensor& index, const LossRule& rule,
                           LossSlice& slice);

/// The losses in torch, right on any device: the reference.
void torch_losses(const Samples& samples, const torch::Tensor& index, const LossRule& rule,
                  LossSlice& slice);

/// The same on the CPU, in one pass over the samples where they lie.
/// \param index  must be defined
void cpu_losses(const Samples& samples, const torch::Tensor& index, const LossRule& rule,
                LossSlice& slice);

/// The fastest that go with a table of operations, by its name.
PpoLosses losses_for(const LearnerOps& ops);

}  // namespace kennel
