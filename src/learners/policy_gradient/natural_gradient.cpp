#include "src/learners/policy_gradient/natural_gradient.h"

#include "src/learners/on_policy/gaussian.h"
#include "src/learners/policy_gradient/conjugate_gradients.h"

namespace kennel {

NaturalGradient::NaturalGradient(const ActorCritic& networks, const NaturalGradientConfig& config,
                                 WorkerPool& pool, const LearnerOps& ops)
    : networks_(networks),
      config_(config),
      gradient_(networks, pool, ops, 1, Learns::kPolicy),
      fisher_(networks, pool, ops) {}

torch::Tensor NaturalGradient::gradient(const LearningRows& rows) {
  const double scale = 1.0 / static_cast<double>(rows.size());
  const SliceWork loss = [scale](const SlicePass& pass) {
    const Samples samples = pass.rows.samples();
    log_density_gradient(samples.action, samples.advantage * scale, pass.loss);
    pass.loss.sums.zero_();
  };
  torch::Tensor none = torch::zeros({1}, networks_.parameters().options());
  const torch::Tensor& sum = gradient_.sum(rows, loss, none);
  gradient_.log_std().add_(config_.entropy_coef);  // H = sum_k log std_k + const
  torch::Tensor out = torch::empty_like(networks_.parameters());
  networks_.reduce_gradient(sum, out);
  return out;
}

NaturalGradient::Step NaturalGradient::step(const LearningRows& rows) {
  const torch::Tensor g = gradient(rows);
  LearningRows some = rows;
  if (config_.fisher_stride > 1)
    some.index =
        torch::arange(0, rows.size(), config_.fisher_stride, g.options().dtype(torch::kInt64));
  const auto damped = [&](const torch::Tensor& v) {
    return fisher_.times(some, v).add_(v, config_.damping);
  };
  const torch::Tensor x = conjugate_gradients(damped, g, config_.cg_iterations);
  const torch::Tensor scale = (2 * config_.max_kl / x.dot(fisher_.times(some, x))).sqrt_();
  const torch::Tensor step = x * scale;
  const torch::Tensor finite = step.isfinite().all();
  return {g, torch::where(finite, step, torch::zeros_like(step)),
          finite.logical_not().to(torch::kFloat32)};
}

}  // namespace kennel
