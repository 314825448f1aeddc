// What a loss reads of the networks' outputs, and what it writes, over a slice of rows.
#pragma once

#include <torch/types.h>

namespace kennel {

/// What is logged: surrogate, value, KL, share of clipped ratios.
inline constexpr int kNumLosses = 4;

/// Networks' outputs over a slice of a minibatch, and where the losses' gradients go.
struct LossSlice {
  torch::Tensor mean;          // (rows, action_size)
  torch::Tensor log_std;       // (action_size)
  torch::Tensor value;         // (rows, 1)
  torch::Tensor grad_mean;     // (rows, action_size) <- d loss / d mean
  torch::Tensor grad_log_std;  // (action_size) <- d loss / d log_std
  torch::Tensor grad_value;    // (rows, 1) <- d loss / d value
  torch::Tensor sums;          // (kNumLosses) <- over rows
};

}  // namespace kennel
