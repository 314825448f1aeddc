#include "src/learners/ppo/fused_loss.h"

namespace kennel {

PolicySums fused_policy_loss(const Samples& samples, const torch::Tensor& index,
                             const torch::Tensor& mean, const torch::Tensor& log_std,
                             double clip_param, double scale, torch::Tensor& grad_mean,
                             torch::Tensor& grad_log_std) {
  const PolicyRows rows = {.index = index.const_data_ptr<std::int64_t>(),
                           .rows = index.size(0),
                           .n = mean.size(1),
                           .action = samples.action.const_data_ptr<float>(),
                           .log_prob = samples.log_prob.const_data_ptr<float>(),
                           .advantage = samples.advantage.const_data_ptr<float>(),
                           .mean = mean.const_data_ptr<float>(),
                           .log_std = log_std.const_data_ptr<float>()};
  return policy_loss_rows(rows, clip_param, scale, grad_mean.mutable_data_ptr<float>(),
                          grad_log_std.mutable_data_ptr<float>());
}

double fused_value_loss(const Samples& samples, const torch::Tensor& index,
                        const torch::Tensor& value, bool clip, double clip_param, double scale,
                        torch::Tensor& grad_value) {
  const ValueRows rows = {.index = index.const_data_ptr<std::int64_t>(),
                          .rows = index.size(0),
                          .returns = samples.returns.const_data_ptr<float>(),
                          .before = samples.value.const_data_ptr<float>(),
                          .now = value.const_data_ptr<float>()};
  return value_loss_rows(rows, clip, clip_param, scale, grad_value.mutable_data_ptr<float>());
}

}  // namespace kennel
