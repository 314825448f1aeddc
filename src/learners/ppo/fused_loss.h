// The losses of ppo_loss.h on the CPU, one pass over a slice's rows; samples are read where they
// lie.
//
// In torch they are some fifty operations on a few thousand numbers, and starting those costs more
// than doing them.
#pragma once

#include <torch/torch.h>

#include "src/learners/ppo/ppo_loss.h"

namespace kennel {

/// Sums over rows, as PolicyLoss and value_loss give them.
struct PolicySums {
  double surrogate = 0.0;
  double kl = 0.0;
  double clip_fraction = 0.0;
};

/// `policy_loss` of the rows `index` of `samples`.
/// \param index  (rows) int64, into the samples; `mean` and `grad_mean` have these rows only
PolicySums fused_policy_loss(const Samples& samples, const torch::Tensor& index,
                             const torch::Tensor& mean, const torch::Tensor& log_std,
                             double clip_param, double scale, torch::Tensor& grad_mean,
                             torch::Tensor& grad_log_std);

/// `value_loss` of the rows `index` of `samples`; value and grad_value are (rows, 1).
double fused_value_loss(const Samples& samples, const torch::Tensor& index,
                        const torch::Tensor& value, bool clip, double clip_param, double scale,
                        torch::Tensor& grad_value);

}  // namespace kennel
