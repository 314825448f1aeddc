#include "src/learners/ppo/ppo_update.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "kennel/core/assert.h"
#include "kennel/rl/fused_ops.h"

namespace kennel {
namespace {

constexpr int kNumLosses = 4, kKl = 2;  // as LossSlice::sums has them
constexpr double kLearningRateFactor = 1.5;

}  // namespace

LearningRows LearningRows::narrow(std::int64_t begin, std::int64_t rows) const {
  if (index.defined()) return {batch, index.narrow(0, begin, rows)};
  return {batch.narrow(begin, rows), {}};
}

PpoUpdate::PpoUpdate(ActorCritic& networks, const Normaliser& obs_normaliser,
                     const Normaliser& privileged_normaliser, const PpoConfig& config,
                     WorkerPool& pool, const LearnerOps& ops, const Collective& all)
    : networks_(networks),
      obs_normaliser_(obs_normaliser),
      privileged_normaliser_(privileged_normaliser),
      config_(config),
      pool_(pool),
      device_(networks.parameters().device()),
      ops_(ops),
      compute_losses_(losses_for(ops)),
      whole_minibatches_(networks, config, ops),
      all_(all),
      adam_(networks.parameters().size(0), config.learning_rate, device_),
      annealed_(torch::zeros({3}, device_)),
      entropy_coef_(annealed_[0]),
      kl_too_small_(annealed_[1]),
      kl_too_large_(annealed_[2]),
      order_(torch::empty({0}, torch::TensorOptions().dtype(torch::kInt64).device(device_))),
      epoch_obs_(torch::empty({0}, device_)),
      epoch_privileged_obs_(torch::empty({0}, device_)),
      gradient_(torch::zeros({networks.num_weights()}, device_)),
      gradient_views_(networks.views(gradient_)),
      free_gradient_(torch::zeros_like(networks.parameters())),
      losses_(torch::zeros({kNumLosses}, device_)) {
  set_progress(0.0);
}

UpdateReport PpoUpdate::run(const RolloutBatch& batch, std::uint64_t shuffle_key,
                            const StepCounter& at) {
  const torch::NoGradGuard no_grad;
  const std::int64_t rows = batch.obs.size(0);
  const std::int64_t minibatch = rows / config_.num_minibatches;
  order_.resize_({rows});
  const auto updates = static_cast<std::int64_t>(config_.num_epochs) * config_.num_minibatches;
  const torch::Tensor log = torch::empty({updates, kNumLosses + 1}, device_);
  std::int64_t update = 0;
  for (int epoch = 0; epoch < config_.num_epochs; ++epoch) {
    const LearningRows shuffled = epoch_rows(batch, shuffle_key, at, epoch);
    for (int k = 0; k < config_.num_minibatches; ++k, ++update) {
      losses_ = log[update].narrow(0, 0, kNumLosses);
      free_gradient(shuffled.narrow(k * minibatch, minibatch));
      all_.sum(free_gradient_);
      all_.sum(losses_);
      // The first minibatch is seen before any step: its KL is zero and says nothing.
      step(config_.lr_schedule == "minibatch" && update > 0, log[update][kNumLosses]);
    }
    if (config_.lr_schedule == "epoch") {
      adapt_learning_rate(log.narrow(0, update - config_.num_minibatches, config_.num_minibatches)
                              .select(1, kKl)
                              .mean());
    }
  }
  const torch::Tensor means = log.mean(0);
  return {means[0], means[1], means[kKl], means[3], means[kNumLosses]};
}

void PpoUpdate::set_progress(double fraction) {
  const double from = config_.anneal_from;
  const double share = fraction <= from ? 0.0 : std::min(1.0, (fraction - from) / (1.0 - from));
  const double desired_kl = std::lerp(config_.desired_kl, config_.final_desired_kl, share);
  entropy_coef_.fill_(std::lerp(config_.entropy_coef, config_.final_entropy_coef, share));
  kl_too_small_.fill_(desired_kl / 2);
  kl_too_large_.fill_(2 * desired_kl);
}

const torch::Tensor& PpoUpdate::gradient(const RolloutBatch& batch, const torch::Tensor& index) {
  const torch::NoGradGuard no_grad;
  return gradient(in_order(batch, index));
}

// Gathered at once where an operation costs more than a pass over memory; else each slice gathers
// its own rows into its core's cache.
LearningRows PpoUpdate::in_order(const RolloutBatch& batch, const torch::Tensor& order) {
  KENNEL_ASSERT(batch.scaled != ops_.gathers_epochs);
  if (!ops_.gathers_epochs) return {batch, order};
  const std::int64_t rows = order.size(0);
  epoch_obs_.resize_({rows, batch.obs.size(1)});
  epoch_privileged_obs_.resize_({rows, batch.privileged_obs.size(1)});
  ops_.gather(batch.obs, order, &obs_normaliser_.scaling(), epoch_obs_);
  ops_.gather(batch.privileged_obs, order, &privileged_normaliser_.scaling(),
              epoch_privileged_obs_);
  return {{epoch_obs_, epoch_privileged_obs_, batch.samples.at(order)}, {}};
}

LearningRows PpoUpdate::epoch_rows(const RolloutBatch& batch, std::uint64_t key,
                                   const StepCounter& at, int epoch) {
  if (!ops_.fused) {
    ops_.shuffle(key, at, epoch, order_);
    return in_order(batch, order_);
  }
  if (!epoch_.obs.defined() || epoch_.obs.size(0) != batch.obs.size(0)) {
    const auto like = [](const torch::Tensor& x) { return torch::empty_like(x, torch::kFloat32); };
    const Samples& s = batch.samples;
    epoch_ = {
        like(batch.obs),
        like(batch.privileged_obs),
        {like(s.action), like(s.log_prob), like(s.advantage), like(s.returns), like(s.value)}};
  }
  ops_.fused->gather_epoch(batch, obs_normaliser_.scaling(), privileged_normaliser_.scaling(), key,
                           at, epoch, epoch_);
  return {epoch_, {}};
}

// What a minibatch adds to the gradient of the free parameters, and its losses.
void PpoUpdate::free_gradient(const LearningRows& rows) {
  if (!ops_.fused) {
    networks_.reduce_gradient(gradient(rows), free_gradient_);
    return;
  }
  const WholeMinibatches::Slices slices = slices_of(rows);
  ops_.fused->reduce({.gradients = slices.gradients,
                      .losses = slices.losses,
                      .loss_scale = 1.0 / static_cast<double>(rows.size() * all_.size()),
                      .tying = networks_.tying().map(),
                      .log_std_at = networks_.num_weights() - networks_.log_std().size(0),
                      .entropy_coef = entropy_coef_,
                      .entropy_share = 1.0 / all_.size(),
                      .free_gradient = free_gradient_,
                      .loss_sums = losses_});
}

// A minibatch's partial gradients and losses.
WholeMinibatches::Slices PpoUpdate::slices_of(const LearningRows& rows) {
  if (whole_minibatches_.possible())
    return whole_minibatches_.take(networks_.dense(), rows.batch, rows.index,
                                   loss_rule(rows.size()));
  const SlicePlan plan = take_slices(rows);
  if (plan.num_slices == 1) return {gradient_.unsqueeze(0), losses_.unsqueeze(0)};
  return {slice_gradients_.narrow(0, 0, plan.num_slices),
          slice_losses_.narrow(0, 0, plan.num_slices)};
}

// Of a minibatch of so many rows here and on every other rank.
LossRule PpoUpdate::loss_rule(std::int64_t rows) const {
  const double scale = 1.0 / static_cast<double>(rows * all_.size());
  return {config_.clip_param, config_.value_clip, scale, scale * config_.value_loss_coef};
}

// Moves the learning rate by the last minibatch's KL divergence, if asked to, and takes Adam's
// step.
void PpoUpdate::step(bool adapt, const torch::Tensor& grad_norm) {
  if (!ops_.fused) {
    if (adapt) adapt_learning_rate(losses_[kKl]);
    adam_.step(networks_.parameters(), free_gradient_, config_.max_grad_norm, grad_norm);
    networks_.refresh();
    return;
  }
  ops_.fused->step(
      {.tying = networks_.tying().map(),
       .gradient = free_gradient_,
       .parameters = networks_.parameters(),
       .first_moment = adam_.first_moment(),
       .second_moment = adam_.second_moment(),
       .learning_rate = adam_.learning_rate(),
       .counts = adam_.counts(),
       .arrivals = adam_.arrivals(),
       .max_grad_norm = config_.max_grad_norm,
       .grad_norm = grad_norm,
       .kl = adapt ? losses_[kKl] : torch::Tensor(),
       .kl_too_small = kl_too_small_,
       .kl_too_large = kl_too_large_,
       .rate_factor = kLearningRateFactor,
       .min_rate = config_.min_learning_rate,
       .max_rate = config_.max_learning_rate,
       .free_log_std_at = networks_.parameters().size(0) - networks_.num_free_log_std(),
       .min_log_std = networks_.min_log_std(),
       .max_log_std = networks_.max_log_std(),
       .dense = networks_.dense()});
}

// Every slice's gradient and losses: where there is one slice, in gradient_ and losses_.
SlicePlan PpoUpdate::take_slices(const LearningRows& rows) {
  const SlicePlan plan(rows.size(), ops_.rows_a_slice.update);
  prepare(plan.num_slices);
  const LossRule rule = loss_rule(rows.size());
  for_each_slice(pool_, plan, [&](const Slice& slice, int thread) {
    Worker& worker = workers_[static_cast<std::size_t>(thread)];
    if (plan.num_slices == 1) {
      slice_gradient(rows, rule, worker, gradient_views_, losses_);
    } else {
      slice_gradient(rows.narrow(slice.begin, slice.rows), rule, worker,
                     slice_views_[static_cast<std::size_t>(slice.index)],
                     slice_losses_[slice.index]);
    }
  });
  return plan;
}

const torch::Tensor& PpoUpdate::gradient(const LearningRows& rows) {
  const SlicePlan plan = take_slices(rows);
  if (plan.num_slices > 1) sum_slices(plan.num_slices);
  losses_.mul_(1.0 / static_cast<double>(rows.size() * all_.size()));
  // H = sum_k log std_k + const, so every log std gets -entropy_coef, a part of it from each rank.
  gradient_views_.log_std.sub_(entropy_coef_, 1.0 / all_.size());
  return gradient_;
}

void PpoUpdate::sum_slices(std::int64_t num_slices) {
  const torch::Tensor all = slice_gradients_.narrow(0, 0, num_slices);
  const SlicePlan columns(networks_.num_weights(), ops_.rows_a_slice.parameters);
  for_each_slice(pool_, columns, [&](const Slice& slice, int) {
    torch::Tensor sum = gradient_.narrow(0, slice.begin, slice.rows);
    at::sum_out(sum, all.narrow(1, slice.begin, slice.rows), {0});
  });
  at::sum_out(losses_, slice_losses_.narrow(0, 0, num_slices), {0});
}

void PpoUpdate::slice_gradient(const LearningRows& rows, const LossRule& rule, Worker& worker,
                               ActorCritic::Views& gradient, const torch::Tensor& losses) {
  torch::Tensor obs = rows.batch.obs, privileged_obs = rows.batch.privileged_obs;
  if (rows.index.defined()) {
    worker.obs.resize_({rows.size(), obs.size(1)});
    worker.privileged_obs.resize_({rows.size(), privileged_obs.size(1)});
    ops_.gather(obs, rows.index, nullptr, worker.obs);
    ops_.gather(privileged_obs, rows.index, nullptr, worker.privileged_obs);
    obs = worker.obs;
    privileged_obs = worker.privileged_obs;
  }
  worker.actor.resize(rows.size());
  worker.critic.resize(rows.size());
  LossSlice slice;
  slice.mean = forward(ops_, networks_.actor(), obs, worker.actor);
  slice.log_std = networks_.log_std();
  slice.value = forward(ops_, networks_.critic(), privileged_obs, worker.critic);
  slice.grad_mean = worker.actor.grad.back();
  slice.grad_log_std = gradient.log_std;
  slice.grad_value = worker.critic.grad.back();
  slice.sums = losses;
  compute_losses_(rows.batch.samples, rows.index, rule, slice);
  backward(ops_, networks_.actor(), obs, worker.actor, gradient.actor);
  backward(ops_, networks_.critic(), privileged_obs, worker.critic, gradient.critic);
}

void PpoUpdate::prepare(std::int64_t num_slices) {
  while (workers_.size() < static_cast<std::size_t>(pool_.num_threads())) {
    workers_.push_back(
        {torch::empty({0}, device_), torch::empty({0}, device_),
         MlpWorkspace(networks_.actor_shape(), device_, Passes::kForwardAndBackward),
         MlpWorkspace(networks_.critic_shape(), device_, Passes::kForwardAndBackward)});
  }
  if (num_slices == 1 || static_cast<std::size_t>(num_slices) <= slice_views_.size()) return;
  slice_gradients_ = torch::empty({num_slices, networks_.num_weights()}, device_);
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
  at::where_out(rate, kl > kl_too_large_, slower, torch::where(kl < kl_too_small_, faster, rate));
  rate.clamp_(config_.min_learning_rate, config_.max_learning_rate);
}

}  // namespace kennel
