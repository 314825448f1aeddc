// The diagonal Gaussian policy a ~ N(mean(s), exp(log_std)^2) as methods see it: densities and
// divergences with their gradients by mean and log_std, row by row, in torch on any device.
#pragma once

#include <torch/types.h>

#include "kennel/learners/loss_slice.h"

namespace kennel {

/// Gaussians that share a deviation.
struct Gaussians {
  torch::Tensor mean;     // (rows, action_size)
  torch::Tensor log_std;  // (action_size)
};

/// log pi(a) = -1/2 sum_k ((a_k - mean_k) / std_k)^2 - sum_k log std_k - n/2 log 2 pi, (rows)
torch::Tensor log_density(const Gaussians& policy, const torch::Tensor& action);

/// slice.grad_mean and slice.grad_log_std <- those of sum_r weight_r log pi(a_r):
///   d log pi / d mean = (a - mean) / std^2,  d log pi / d log_std = ((a - mean) / std)^2 - 1
/// \param weight  (rows)
void log_density_gradient(const torch::Tensor& action, const torch::Tensor& weight,
                          LossSlice& slice);

/// KL(old | now) = sum_k log(std_k / old_std_k)
///                 + (old_std_k^2 + (old_mean_k - mean_k)^2) / (2 std_k^2) - 1/2, (rows) [nat]
torch::Tensor divergence(const Gaussians& old, const Gaussians& now);

/// slice.grad_mean and slice.grad_log_std += those of scale sum_r KL(old_r | slice_r).
void add_divergence_gradient(const Gaussians& old, double scale, LossSlice& slice);

}  // namespace kennel
