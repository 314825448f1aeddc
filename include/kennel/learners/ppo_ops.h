// What PPO does to rows beside LearnerOps, as a table that a device may bring along.
#pragma once

#include <torch/torch.h>

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

struct PpoOps {
  PpoLosses losses;
};

}  // namespace kennel
