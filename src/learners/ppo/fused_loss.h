// The losses of ppo_loss.h on the CPU (ppo_loss_rows.h), of tensors.
#pragma once

#include <torch/types.h>

#include "kennel/lanes/ppo_loss_rows.h"
#include "kennel/rl/samples.h"

namespace kennel {

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
