// The loss of PPO and its gradient with respect to the networks' outputs.
#pragma once

#include <torch/types.h>

#include "kennel/rl/samples.h"

namespace kennel {

/// What each row adds to the numbers that are logged; their means over rows are.
struct PolicyTerms {
  torch::Tensor surrogate;  // (rows) <- -min(ratio A, clip(ratio) A)
  torch::Tensor kl;         // (rows) <- KL(old policy | new policy) [nat]
  torch::Tensor clipped;    // (rows) <- 1 where the clip stopped the gradient, else 0
};

/// The clipped surrogate (Schulman et al. 2017, eq. 7) of a diagonal Gaussian policy.
///   log pi(a)  = -1/2 sum_k ((a_k - mean_k) / std_k)^2 - sum_k log std_k - n/2 log 2 pi
///   ratio      = pi(a) / pi_old(a)
///   L_clip     = -mean(min(ratio A, clip(ratio, 1 - eps, 1 + eps) A))
/// \param scale         1 / rows of the whole minibatch; this call may see a slice of it
/// \param grad_mean     (rows, action_size) <- d L_clip / d mean
/// \param grad_log_std  (action_size) <- d L_clip / d log_std
void policy_loss(const Samples& samples, const torch::Tensor& mean, const torch::Tensor& log_std,
                 double clip_param, double scale, torch::Tensor& grad_mean,
                 torch::Tensor& grad_log_std, const PolicyTerms& terms);

/// The squared error of the critic, by default clipped as the policy is.
///   V_clip  = V_old + clip(V - V_old, -eps, eps)
///   L_value = mean(max((V - R)^2, (V_clip - R)^2))
/// \param value       (rows), the critic's new estimate
/// \param scale       value_loss_coef / rows of the whole minibatch
/// \param grad_value  (rows) <- coefficient * d L_value / d value
/// \param term        (rows) <- each row's loss
void value_loss(const Samples& samples, const torch::Tensor& value, bool clip, double clip_param,
                double scale, torch::Tensor& grad_value, torch::Tensor term);

}  // namespace kennel
