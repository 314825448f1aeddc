#include "src/learners/on_policy/value_fit.h"

namespace kennel {
namespace {

constexpr double kMostGradNorm = 1.0;

}  // namespace

void squared_error(const torch::Tensor& returns, double scale, LossSlice& slice,
                   torch::Tensor& term) {
  torch::Tensor grad_value = slice.grad_value.squeeze(1);
  at::sub_out(grad_value, slice.value.squeeze(1), returns);
  term = grad_value * grad_value;
  grad_value.mul_(2 * scale);
}

ValueFit::ValueFit(ActorCritic& networks, const ValueFitConfig& config, WorkerPool& pool,
                   const LearnerOps& ops)
    : networks_(networks),
      config_(config),
      gradient_(networks, pool, ops, 1, Learns::kCritic),
      adam_(networks.parameters().size(0), config.learning_rate, networks.parameters().device()),
      free_gradient_(torch::zeros_like(networks.parameters())) {}

torch::Tensor ValueFit::run(const RolloutBatch& batch, LearningOrder& order,
                            std::uint64_t shuffle_key, const StepCounter& at) {
  const std::int64_t rows = batch.obs.size(0) / config_.minibatches;
  const double scale = 1.0 / static_cast<double>(rows);
  const torch::Tensor losses =
      torch::empty({config_.epochs * config_.minibatches, 1}, free_gradient_.options());
  const torch::Tensor grad_norm = torch::empty({}, free_gradient_.options());
  const SliceWork loss = [scale](const SlicePass& pass) {
    torch::Tensor term;
    squared_error(pass.rows.samples().returns, scale, pass.loss, term);
    pass.loss.sums.copy_(term.sum());
  };
  std::int64_t update = 0;
  for (int epoch = 0; epoch < config_.epochs; ++epoch) {
    const LearningRows shuffled = order.shuffled(batch, shuffle_key, at, epoch);
    for (int k = 0; k < config_.minibatches; ++k, ++update) {
      torch::Tensor sum = losses[update];
      networks_.reduce_gradient(gradient_.sum(shuffled.narrow(k * rows, rows), loss, sum),
                                free_gradient_);
      adam_.step(networks_.parameters(), free_gradient_, kMostGradNorm, grad_norm);
      networks_.refresh();
    }
  }
  return losses.mean().mul_(scale);
}

}  // namespace kennel
