#include "src/learners/ppo/ppo_losses.h"

#include "kennel/core/check.h"
#include "src/learners/ppo/fused_loss.h"
#include "src/learners/ppo/ppo_loss.h"

namespace kennel {

void torch_losses(const Samples& all, const torch::Tensor& index, const LossRule& rule,
                  LossSlice& slice) {
  const Samples samples = index.defined() ? all.at(index) : all;
  const torch::Tensor terms =  // (4, rows)
      torch::empty({slice.sums.size(0), slice.mean.size(0)}, slice.mean.options());
  const PolicyTerms policy{terms[0], terms[2], terms[3]};
  policy_loss(samples, slice.mean, slice.log_std, rule.clip_param, rule.scale, slice.grad_mean,
              slice.grad_log_std, policy);
  torch::Tensor grad_value = slice.grad_value.squeeze(1);
  value_loss(samples, slice.value.squeeze(1), rule.value_clip, rule.clip_param, rule.value_scale,
             grad_value, terms[1]);
  at::sum_out(slice.sums, terms, {1});
}

void cpu_losses(const Samples& samples, const torch::Tensor& index, const LossRule& rule,
                LossSlice& slice) {
  KENNEL_CHECK(index.defined(), "the fused losses read the samples where they lie; give an index");
  const PolicySums policy =
      fused_policy_loss(samples, index, slice.mean, slice.log_std, rule.clip_param, rule.scale,
                        slice.grad_mean, slice.grad_log_std);
  const double value = fused_value_loss(samples, index, slice.value, rule.value_clip,
                                        rule.clip_param, rule.value_scale, slice.grad_value);
  float* out = slice.sums.mutable_data_ptr<float>();
  out[0] = static_cast<float>(policy.surrogate);
  out[1] = static_cast<float>(value);
  out[2] = static_cast<float>(policy.kl);
  out[3] = static_cast<float>(policy.clip_fraction);
}

PpoLosses losses_for(const LearnerOps& ops) {
  if (ops.ppo) return ops.ppo->losses;
  return ops.name == cpu_ops().name ? cpu_losses : torch_losses;
}

}  // namespace kennel
