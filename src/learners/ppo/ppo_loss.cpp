#include "src/learners/ppo/ppo_loss.h"

#include <cmath>
#include <numbers>

namespace kennel {

// Each line below starts a kernel on a GPU, hence the operations in place.
void policy_loss(const Samples& samples, const torch::Tensor& mean, const torch::Tensor& log_std,
                 double clip_param, double scale, torch::Tensor& grad_mean,
                 torch::Tensor& grad_log_std, const PolicyTerms& terms) {
  const double action_size = static_cast<double>(mean.size(1));
  const torch::Tensor std = log_std.exp();
  const torch::Tensor z = (samples.action - mean).div_(std);  // (rows, action_size)
  torch::Tensor z_squared = z * z;
  const torch::Tensor normalisation =
      log_std.sum().add_(0.5 * action_size * std::log(2 * std::numbers::pi));
  const torch::Tensor log_ratio =
      z_squared.sum(1).mul_(-0.5).sub_(normalisation).sub_(samples.log_prob);  // (rows)
  const torch::Tensor ratio = log_ratio.exp();
  const torch::Tensor plain = ratio * samples.advantage;
  const torch::Tensor clipped = ratio.clamp(1 - clip_param, 1 + clip_param).mul_(samples.advantage);
  const torch::Tensor stopped = plain > clipped;  // false for NaN, so that the step is skipped

  // d/d log_prob of -ratio A is -ratio A; where the clipped branch is smaller it is constant.
  const torch::Tensor grad_log_prob =
      (plain * -scale).masked_fill_(stopped, 0).unsqueeze_(1);  // (rows, 1)
  at::div_out(grad_mean, z, std);                               // d log_prob / d mean = z / std
  grad_mean.mul_(grad_log_prob);
  // d log_prob / d log_std = z^2 - 1
  at::sum_out(grad_log_std, z_squared.sub_(1).mul_(grad_log_prob), {0});

  torch::Tensor surrogate = terms.surrogate, kl = terms.kl;
  at::minimum_out(surrogate, plain, clipped);
  surrogate.neg_();
  // KL = E_old[ratio - 1 - log ratio]: never negative, less noisy than -log ratio (Schulman 2020).
  at::expm1_out(kl, log_ratio);
  kl.sub_(log_ratio);
  terms.clipped.copy_(stopped);
}

void value_loss(const Samples& samples, const torch::Tensor& value, bool clip, double clip_param,
                double scale, torch::Tensor& grad_value, torch::Tensor term) {
  at::sub_out(grad_value, value, samples.returns);  // the error
  at::mul_out(term, grad_value, grad_value);
  if (clip) {
    // V - V_clip, exactly 0 within the trust region: added up as V_old + clip(V - V_old), V_clip
    // can be off by a rounding there, and such a row would lose its gradient.
    const torch::Tensor change = value - samples.value;
    const torch::Tensor excess = change - change.clamp(-clip_param, clip_param);
    torch::Tensor clipped = grad_value - excess;
    clipped.mul_(clipped);
    // Where the clipped error is the larger, V has left the trust region and V_clip is constant.
    grad_value.masked_fill_(clipped > term, 0);
    at::maximum_out(term, term, clipped);
  }
  grad_value.mul_(2 * scale);
}

}  // namespace kennel
