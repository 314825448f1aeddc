#include "src/learners/ppo/fused_loss.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

namespace kennel {

PolicySums fused_policy_loss(const Samples& samples, const torch::Tensor& index,
                             const torch::Tensor& mean, const torch::Tensor& log_std,
                             double clip_param, double scale, torch::Tensor& grad_mean,
                             torch::Tensor& grad_log_std) {
  const std::int64_t rows = index.size(0), n = mean.size(1);
  const std::int64_t* row = index.const_data_ptr<std::int64_t>();
  const float* action = samples.action.const_data_ptr<float>();
  const float* old_log_prob = samples.log_prob.const_data_ptr<float>();
  const float* advantage = samples.advantage.const_data_ptr<float>();
  const float low = static_cast<float>(1 - clip_param), high = static_cast<float>(1 + clip_param);
  const float rows_inverse = static_cast<float>(scale);

  std::vector<float> inv_std(static_cast<std::size_t>(n)), z(inv_std), grad_sum(inv_std);
  float normalisation =
      static_cast<float>(0.5 * static_cast<double>(n) * std::log(2 * std::numbers::pi));
  for (std::int64_t k = 0; k < n; ++k) {
    const float l = log_std.const_data_ptr<float>()[k];
    inv_std[k] = std::exp(-l);
    normalisation += l;
  }
  PolicySums sums;
  for (std::int64_t r = 0; r < rows; ++r) {
    const float* a = action + row[r] * n;
    const float* m = mean.const_data_ptr<float>() + r * n;
    float squared = 0.0f;
    for (std::int64_t k = 0; k < n; ++k) {
      z[k] = (a[k] - m[k]) * inv_std[k];
      squared += z[k] * z[k];
    }
    const float log_ratio = -0.5f * squared - normalisation - old_log_prob[row[r]];
    const float ratio = std::exp(log_ratio);
    const float plain = ratio * advantage[row[r]];
    const float clipped = std::clamp(ratio, low, high) * advantage[row[r]];
    const bool active = !(plain > clipped);  // so that NaN goes on and the step is skipped
    const float grad_log_prob = active ? -plain * rows_inverse : 0.0f;
    float* grad = grad_mean.mutable_data_ptr<float>() + r * n;
    for (std::int64_t k = 0; k < n; ++k) {
      grad[k] = grad_log_prob * z[k] * inv_std[k];
      grad_sum[k] += grad_log_prob * (z[k] * z[k] - 1.0f);
    }
    sums.surrogate -= active ? plain : clipped;
    sums.kl += ratio - 1.0f - log_ratio;
    sums.clip_fraction += active ? 0.0 : 1.0;
  }
  std::copy(grad_sum.begin(), grad_sum.end(), grad_log_std.mutable_data_ptr<float>());
  return sums;
}

double fused_value_loss(const Samples& samples, const torch::Tensor& index,
                        const torch::Tensor& value, bool clip, double clip_param, double scale,
                        torch::Tensor& grad_value) {
  const std::int64_t rows = index.size(0);
  const std::int64_t* row = index.const_data_ptr<std::int64_t>();
  const float* returns = samples.returns.const_data_ptr<float>();
  const float* old_value = samples.value.const_data_ptr<float>();
  const float* v = value.const_data_ptr<float>();
  float* grad = grad_value.mutable_data_ptr<float>();
  const float reach = static_cast<float>(clip_param);
  const float factor = static_cast<float>(2 * scale);
  double sum = 0.0;
  for (std::int64_t r = 0; r < rows; ++r) {
    const float error = v[r] - returns[row[r]];
    const float change = v[r] - old_value[row[r]];
    const float clipped = error - (change - std::clamp(change, -reach, reach));
    const bool stopped = clip && clipped * clipped > error * error;
    grad[r] = stopped ? 0.0f : factor * error;
    sum += stopped ? clipped * clipped : error * error;
  }
  return sum;
}

}  // namespace kennel
