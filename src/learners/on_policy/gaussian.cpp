#include "src/learners/on_policy/gaussian.h"

#include <cmath>
#include <numbers>

namespace kennel {

torch::Tensor log_density(const Gaussians& policy, const torch::Tensor& action) {
  const torch::Tensor z = (action - policy.mean).div_(policy.log_std.exp());
  const double constant =
      0.5 * static_cast<double>(action.size(1)) * std::log(2 * std::numbers::pi);
  return (z * z).sum(1).mul_(-0.5).sub_(policy.log_std.sum().add_(constant));
}

void log_density_gradient(const torch::Tensor& action, const torch::Tensor& weight,
                          LossSlice& slice) {
  const torch::Tensor std = slice.log_std.exp();
  const torch::Tensor z = (action - slice.mean).div_(std);
  const torch::Tensor column = weight.unsqueeze(1);  // (rows, 1)
  slice.grad_mean.copy_((z / std).mul_(column));
  slice.grad_log_std.copy_((z * z).sub_(1).mul_(column).sum(0));
}

torch::Tensor divergence(const Gaussians& old, const Gaussians& now) {
  const torch::Tensor two_variances = (2 * now.log_std).exp_().mul_(2);
  const torch::Tensor gap = old.mean - now.mean;
  const torch::Tensor spread =
      now.log_std - old.log_std + (2 * old.log_std).exp_().div_(two_variances) - 0.5;
  return (gap * gap).div_(two_variances).add_(spread).sum(1);
}

// d KL / d mean = (mean - old_mean) / std^2
// d KL / d log_std = 1 - (old_std^2 + (old_mean - mean)^2) / std^2
void add_divergence_gradient(const Gaussians& old, double scale, LossSlice& slice) {
  const torch::Tensor inverse = (-2 * slice.log_std).exp_();  // 1 / std^2
  const torch::Tensor gap = slice.mean - old.mean;
  slice.grad_mean.add_(gap * inverse, scale);
  const torch::Tensor second = (gap * gap).add_((2 * old.log_std).exp_()).mul_(inverse);
  slice.grad_log_std.add_((1 - second).sum(0), scale);
}

}  // namespace kennel
