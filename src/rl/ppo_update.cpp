#include "kennel/rl/ppo_update.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "kennel/rl/random.h"
#include "src/rl/fused_loss.h"
#include "src/rl/fused_rows.h"

namespace kennel {
namespace {

// Activations of a slice stay in a core's second-level cache; measured with bench/ppo_update_bench.
constexpr std::int64_t kRowsASlice = 512;
constexpr std::int64_t kParametersASlice = 4096;
constexpr int kNumLosses = 4;
constexpr double kLearningRateFactor = 1.5;

}  // namespace

PpoUpdate::PpoUpdate(ActorCritic& networks, const Normaliser& obs_normaliser,
                     const Normaliser& privileged_normaliser, const PpoConfig& config,
                     WorkerPool& pool, torch::Device device)
    : networks_(networks),
      obs_normaliser_(obs_normaliser),
      privileged_normaliser_(privileged_normaliser),
      config_(config),
      entropy_coef_(config.entropy_coef),
      desired_kl_(config.desired_kl),
      pool_(pool),
      device_(device),
      adam_(networks.parameters().size(0), config.learning_rate, device),
      dense_gradient_(torch::zeros({networks.num_dense()}, device)),
      dense_views_(networks.views(dense_gradient_)),
      free_gradient_(torch::zeros_like(networks.parameters())),
      losses_(torch::zeros({kNumLosses}, device)) {}

UpdateReport PpoUpdate::run(const PpoBatch& batch, std::uint64_t shuffle_seed) {
  const torch::NoGradGuard no_grad;
  const std::int64_t rows = batch.obs.size(0);
  const std::int64_t minibatch = rows / config_.num_minibatches;
  torch::Generator generator = device_generator(shuffle_seed, device_);
  torch::Tensor losses = torch::zeros({kNumLosses}, device_);
  torch::Tensor grad_norm = torch::zeros({}, device_);
  bool first = true;
  for (int epoch = 0; epoch < config_.num_epochs; ++epoch) {
    const torch::Tensor order = torch::randperm(
        rows, generator, torch::TensorOptions().dtype(torch::kInt64).device(device_));
    torch::Tensor epoch_kl = torch::zeros({}, device_);
    for (int k = 0; k < config_.num_minibatches; ++k) {
      networks_.reduce_gradient(gradient(batch, order.narrow(0, k * minibatch, minibatch)),
                                free_gradient_);
      const torch::Tensor kl = losses_[2];
      // The first minibatch is seen before any step: its KL is zero and says nothing.
      if (config_.lr_schedule == "minibatch" && !first) adapt_learning_rate(kl);
      first = false;
      epoch_kl.add_(kl);
      adam_.step(networks_.parameters(), free_gradient_, config_.max_grad_norm);
      networks_.refresh();
      losses.add_(losses_);
      grad_norm.add_(adam_.grad_norm());
    }
    if (config_.lr_schedule == "epoch") adapt_learning_rate(epoch_kl / config_.num_minibatches);
  }
  const double updates = static_cast<double>(config_.num_epochs) * config_.num_minibatches;
  losses.div_(updates);
  return {losses[0], losses[1], losses[2], losses[3], grad_norm.div_(updates)};
}

void PpoUpdate::set_progress(double fraction) {
  const double from = config_.anneal_from;
  const double share = fraction <= from ? 0.0 : std::min(1.0, (fraction - from) / (1.0 - from));
  entropy_coef_ = std::lerp(config_.entropy_coef, config_.final_entropy_coef, share);
  desired_kl_ = std::lerp(config_.desired_kl, config_.final_desired_kl, share);
}

const torch::Tensor& PpoUpdate::gradient(const PpoBatch& batch, const torch::Tensor& index) {
  const torch::NoGradGuard no_grad;
  const std::int64_t rows = index.size(0);
  const SlicePlan plan(rows, kRowsASlice, device_);
  prepare(plan.num_slices);
  const double scale = 1.0 / static_cast<double>(rows);
  for_each_slice(pool_, plan, [&](const Slice& slice, int thread) {
    slice_gradient(batch, index.narrow(0, slice.begin, slice.rows), scale,
                   workers_[static_cast<std::size_t>(thread)],
                   slice_views_[static_cast<std::size_t>(slice.index)], slice_losses_[slice.index]);
  });
  const torch::Tensor all = slice_gradients_.narrow(0, 0, plan.num_slices);
  const SlicePlan columns(networks_.num_dense(), kParametersASlice, device_);
  for_each_slice(pool_, columns, [&](const Slice& slice, int) {
    torch::Tensor sum = dense_gradient_.narrow(0, slice.begin, slice.rows);
    at::sum_out(sum, all.narrow(1, slice.begin, slice.rows), {0});
  });
  at::sum_out(losses_, slice_losses_.narrow(0, 0, plan.num_slices), {0});
  losses_.mul_(scale);
  // H = sum_k log std_k + const, so every log std gets -entropy_coef.
  dense_views_.log_std.sub_(entropy_coef_);
  return dense_gradient_;
}

void PpoUpdate::slice_gradient(const PpoBatch& batch, const torch::Tensor& index, double scale,
                               Worker& worker, ActorCritic::Views& gradient, torch::Tensor losses) {
  const std::int64_t rows = index.size(0);
  worker.obs.resize_({rows, batch.obs.size(1)});
  worker.privileged_obs.resize_({rows, batch.privileged_obs.size(1)});
  worker.actor.resize(rows);
  worker.critic.resize(rows);
  gather_normalised(batch.obs, index, obs_normaliser_.mean(), obs_normaliser_.inv_std(),
                    worker.obs);
  gather_normalised(batch.privileged_obs, index, privileged_normaliser_.mean(),
                    privileged_normaliser_.inv_std(), worker.privileged_obs);
  forward(networks_.actor(), worker.obs, worker.actor);
  forward(networks_.critic(), worker.privileged_obs, worker.critic);
  if (device_.is_cpu()) {
    fused_losses(batch.samples, index, scale, worker, gradient, losses);
  } else {
    torch_losses(batch.samples, index, scale, worker, gradient, losses);
  }
  backward(networks_.actor(), worker.obs, worker.actor, gradient.actor);
  backward(networks_.critic(), worker.privileged_obs, worker.critic, gradient.critic);
}

void PpoUpdate::fused_losses(const PpoSamples& samples, const torch::Tensor& index, double scale,
                             Worker& worker, ActorCritic::Views& gradient,
                             torch::Tensor& losses) const {
  const PolicySums policy =
      fused_policy_loss(samples, index, worker.actor.output.back(), networks_.log_std(),
                        config_.clip_param, scale, worker.actor.grad.back(), gradient.log_std);
  const double value = fused_value_loss(samples, index, worker.critic.output.back(),
                                        config_.value_clip, config_.clip_param,
                                        scale * config_.value_loss_coef, worker.critic.grad.back());
  float* out = losses.mutable_data_ptr<float>();
  out[0] = static_cast<float>(policy.surrogate);
  out[1] = static_cast<float>(value);
  out[2] = static_cast<float>(policy.kl);
  out[3] = static_cast<float>(policy.clip_fraction);
}

void PpoUpdate::torch_losses(const PpoSamples& all, const torch::Tensor& index, double scale,
                             Worker& worker, ActorCritic::Views& gradient,
                             torch::Tensor& losses) const {
  const PpoSamples samples{all.action.index_select(0, index), all.log_prob.index_select(0, index),
                           all.advantage.index_select(0, index), all.returns.index_select(0, index),
                           all.value.index_select(0, index)};
  const PolicyLoss policy =
      policy_loss(samples, worker.actor.output.back(), networks_.log_std(), config_.clip_param,
                  scale, worker.actor.grad.back(), gradient.log_std);
  torch::Tensor grad_value = worker.critic.grad.back().squeeze(1);
  const torch::Tensor value =
      value_loss(samples, worker.critic.output.back().squeeze(1), config_.value_clip,
                 config_.clip_param, scale * config_.value_loss_coef, grad_value);
  losses.copy_(torch::stack({policy.surrogate, value, policy.kl, policy.clip_fraction}));
}

void PpoUpdate::prepare(std::int64_t num_slices) {
  while (workers_.size() < static_cast<std::size_t>(pool_.num_threads())) {
    workers_.push_back({torch::empty({0}, device_), torch::empty({0}, device_),
                        MlpWorkspace(networks_.actor_shape(), device_),
                        MlpWorkspace(networks_.critic_shape(), device_)});
  }
  if (static_cast<std::size_t>(num_slices) <= slice_views_.size()) return;
  slice_gradients_ = torch::empty({num_slices, networks_.num_dense()}, device_);
  slice_losses_ = torch::empty({num_slices, kNumLosses}, device_);
  slice_views_.clear();
  for (std::int64_t k = 0; k < num_slices; ++k) {
    slice_views_.push_back(networks_.views(slice_gradients_[k]));
  }
}

void PpoUpdate::adapt_learning_rate(const torch::Tensor& kl) {
  torch::Tensor& rate = adam_.learning_rate();
  const torch::Tensor slower = rate / kLearningRateFactor;
  const torch::Tensor faster = rate * kLearningRateFactor;
  const torch::Tensor wanted =
      torch::where(kl > 2 * desired_kl_, slower, torch::where(kl < desired_kl_ / 2, faster, rate));
  rate.copy_(wanted.clamp(config_.min_learning_rate, config_.max_learning_rate));
}

}  // namespace kennel
