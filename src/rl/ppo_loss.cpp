#include "kennel/rl/ppo_loss.h"

#include <cmath>
#include <numbers>

namespace kennel {

PolicyLoss policy_loss(const PpoSamples& samples, const torch::Tensor& mean,
                       const torch::Tensor& log_std, double clip_param, double scale,
                       torch::Tensor& grad_mean, torch::Tensor& grad_log_std) {
  const double action_size = static_cast<double>(mean.size(1));
  const torch::Tensor inv_std = log_std.neg().exp_();
  const torch::Tensor z = (samples.action - mean).mul_(inv_std);  // (rows, action_size)
  const torch::Tensor z_squared = z * z;
  const torch::Tensor normalisation =
      log_std.sum() + 0.5 * action_size * std::log(2 * std::numbers::pi);
  const torch::Tensor log_prob = z_squared.sum(1).mul_(-0.5).sub_(normalisation);  // (rows)

  const torch::Tensor log_ratio = log_prob - samples.log_prob;
  const torch::Tensor ratio = log_ratio.exp();
  const torch::Tensor plain = ratio * samples.advantage;
  const torch::Tensor clipped = ratio.clamp(1 - clip_param, 1 + clip_param).mul_(samples.advantage);
  const torch::Tensor active = (plain <= clipped).to(plain.scalar_type());

  // d/d log_prob of -ratio A is -ratio A; where the clipped branch is smaller it is constant.
  const torch::Tensor grad_log_prob = (plain * active).mul_(-scale);  // (rows)
  at::mul_out(grad_mean, z, inv_std);  // d log_prob / d mean = z / std
  grad_mean.mul_(grad_log_prob.unsqueeze(1));
  // d log_prob / d log_std = z^2 - 1
  grad_log_std.copy_(at::mv(z_squared.t(), grad_log_prob)).sub_(grad_log_prob.sum());

  PolicyLoss loss;
  loss.surrogate = at::minimum(plain, clipped).sum().neg();
  // KL = E_old[ratio - 1 - log ratio]: never negative, less noisy than -log ratio (Schulman 2020).
  loss.kl = (ratio - 1).sub_(log_ratio).sum();
  loss.clip_fraction = mean.size(0) - active.sum();
  return loss;
}

torch::Tensor value_loss(const PpoSamples& samples, const torch::Tensor& value, bool clip,
                         double clip_param, double scale, torch::Tensor& grad_value) {
  const torch::Tensor error = value - samples.returns;
  const torch::Tensor squared = error * error;
  at::mul_out(grad_value, error, at::scalar_tensor(2 * scale, error.options()));
  if (!clip) return squared.sum();
  const torch::Tensor change = value - samples.value;
  const torch::Tensor clipped =
      change.clamp(-clip_param, clip_param).add_(samples.value).sub_(samples.returns);
  const torch::Tensor clipped_squared = clipped * clipped;
  // Where the clipped error is the larger, V has left the trust region and V_clip is constant.
  const torch::Tensor active = (squared >= clipped_squared).to(squared.scalar_type());
  grad_value.mul_(active);
  return at::maximum(squared, clipped_squared).sum();
}

}  // namespace kennel
