#include "src/learners/ppo/ppo_update.h"

#include <algorithm>
#include <cmath>

#include "kennel/core/check.h"
#include "kennel/rl/fused_ops.h"

namespace kennel {
namespace {

constexpr int kKl = 2;  // of LossSlice::sums
constexpr double kLearningRateFactor = 1.5;

// What sums over slices are rounded to (kennel/lanes/exact_sums.h). An entry of the gradient below
// 1e-10 moves nothing, because Adam adds 1e-8 to its square root; sums stay exact below 6e4. A
// slice's sum of losses is one of hundreds of rows.
constexpr double kGradientQuantum = 0x1p-36, kLossQuantum = 0x1p-16;

EpochOrder order_of(const RolloutBatch& batch, std::int64_t minibatches) {
  KENNEL_CHECK(batch.obs.size(0) < std::int64_t{1} << 32, "an iteration of ", batch.obs.size(0),
               " steps of all environments is too large to shuffle; expected fewer than 2^32, "
               "take fewer environments");
  return epoch_order(batch.num_steps, batch.obs.size(0) / batch.num_steps, minibatches, kEnvsAShard,
                     batch.first_env / kEnvsAShard);
}

/// Rows of a minibatch on all ranks.
double rows_of_all(const RolloutBatch& batch, std::int64_t minibatches, int number) {
  const std::int64_t envs =
      batch.all_envs > 0 ? batch.all_envs : batch.obs.size(0) / batch.num_steps;
  const EpochOrder order = epoch_order(batch.num_steps, envs, minibatches, kEnvsAShard, 0);
  const auto k = static_cast<std::uint32_t>(number);
  return static_cast<double>(order.begin(k + 1) - order.begin(k));
}

}  // namespace

PpoUpdate::PpoUpdate(ActorCritic& networks, const Normaliser& obs_normaliser,
                     const Normaliser& privileged_normaliser, const PpoConfig& config,
                     WorkerPool& pool, const LearnerOps& ops, const Collective& all)
    : networks_(networks),
      config_(config),
      device_(networks.parameters().device()),
      ops_(ops),
      compute_losses_(losses_for(ops)),
      whole_minibatches_(networks, config, ops),
      all_(all),
      pool_(pool),
      order_(obs_normaliser, privileged_normaliser, device_, ops),
      network_gradient_(networks, pool, ops, kNumLosses),
      adam_(networks.parameters().size(0), config.learning_rate, device_),
      annealed_(torch::zeros({3}, device_)),
      entropy_coef_(annealed_[0]),
      kl_too_small_(annealed_[1]),
      kl_too_large_(annealed_[2]),
      free_gradient_(torch::zeros_like(networks.parameters())),
      losses_(torch::zeros({kNumLosses}, device_)) {
  set_progress(0.0);
}

UpdateReport PpoUpdate::run(const RolloutBatch& batch, std::uint64_t shuffle_key,
                            const StepCounter& at) {
  const torch::NoGradGuard no_grad;
  const EpochOrder order = order_of(batch, config_.num_minibatches);
  const auto updates = static_cast<std::int64_t>(config_.num_epochs) * config_.num_minibatches;
  const torch::Tensor log = torch::empty({updates, kNumLosses + 1}, device_);
  std::int64_t update = 0;
  for (int epoch = 0; epoch < config_.num_epochs; ++epoch) {
    const LearningRows shuffled = order_.shuffled(batch, shuffle_key, at, epoch, order);
    for (int k = 0; k < config_.num_minibatches; ++k, ++update) {
      losses_ = log[update].narrow(0, 0, kNumLosses);
      free_gradient(minibatch(shuffled, order, k, rows_of_all(batch, config_.num_minibatches, k)));
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
  const LearningRows rows = order_.in_order(batch, index);
  return sums_of({rows, kennel::slices_of(SlicePlan(rows.size(), ops_.rows_a_slice.update)),
                  static_cast<double>(rows.size())});
}

// Slices of the shards where threads take them, so that sums over them are those of any number of
// ranks; else as large as they can be.
PpoUpdate::Minibatch PpoUpdate::minibatch(const LearningRows& epoch, const EpochOrder& order,
                                          int number, double of_all) const {
  const auto k = static_cast<std::uint32_t>(number);
  const std::int64_t begin = order.begin(k), rows = order.begin(k + 1) - begin;
  Minibatch out{epoch.narrow(begin, rows), {}, of_all};
  if (!ops_.threads) {
    out.slices = kennel::slices_of(SlicePlan(rows, ops_.rows_a_slice.update));
    return out;
  }
  for (std::uint32_t shard = 0; shard < order.shards; ++shard) {
    const std::int64_t from = order.begin(k, shard) - begin;
    const std::int64_t to = order.begin(k, shard + 1) - begin;
    const std::int64_t parts =
        (to - from + ops_.rows_a_slice.update - 1) / ops_.rows_a_slice.update;
    for (std::int64_t part = 0; part < parts; ++part) {
      const std::int64_t first = from + (to - from) * part / parts;
      out.slices.push_back({static_cast<std::int64_t>(out.slices.size()), first,
                            from + (to - from) * (part + 1) / parts - first});
    }
  }
  return out;
}

// What a minibatch gives the free parameters and its losses, over all ranks.
void PpoUpdate::free_gradient(const Minibatch& minibatch) {
  if (!ops_.fused) {
    networks_.reduce_gradient(sums_of(minibatch), free_gradient_);
    return;
  }
  const SlicedGradient slices = slices_of(minibatch);
  ops_.fused->reduce({.gradients = slices.gradients,
                      .losses = slices.losses,
                      .loss_scale = 1.0 / minibatch.of_all,
                      .tying = networks_.tying().map(),
                      .log_std_at = networks_.num_weights() - networks_.log_std().size(0),
                      .entropy_coef = entropy_coef_,
                      .entropy_share = 1.0 / all_.size(),
                      .free_gradient = free_gradient_,
                      .loss_sums = losses_});
  all_.sum(free_gradient_);
  all_.sum(losses_);
}

// The same for the weights, and the losses.
const torch::Tensor& PpoUpdate::sums_of(const Minibatch& minibatch) {
  if (!sums_.defined()) {
    const std::int64_t weights = networks_.num_weights();
    sums_ = torch::zeros({weights + kNumLosses},
                         torch::TensorOptions().dtype(torch::kFloat64).device(device_));
    gradient_sums_ = sums_.narrow(0, 0, weights);
    loss_sums_ = sums_.narrow(0, weights, kNumLosses);
  }
  const SlicedGradient slices = slices_of(minibatch);
  ops_.exact_sums(pool_, slices.gradients.narrow(1, 0, gradient_sums_.size(0)), kGradientQuantum,
                  gradient_sums_);
  ops_.exact_sums(pool_, slices.losses, kLossQuantum, loss_sums_);
  all_.sum(sums_);
  network_gradient_.of_weights().copy_(gradient_sums_);
  // H = sum_k log std_k + const, so every log std gets -entropy_coef.
  network_gradient_.log_std().sub_(entropy_coef_);
  losses_.copy_(loss_sums_).mul_(1.0 / minibatch.of_all);
  return network_gradient_.of_weights();
}

// A minibatch's partial gradients and losses.
SlicedGradient PpoUpdate::slices_of(const Minibatch& minibatch) {
  const LearningRows& rows = minibatch.rows;
  if (whole_minibatches_.possible())
    return whole_minibatches_.take(networks_.dense(), rows.batch, rows.index,
                                   loss_rule(minibatch.of_all));
  return network_gradient_.slices(rows, minibatch.slices, slice_loss(minibatch.of_all), losses_);
}

SliceWork PpoUpdate::slice_loss(double rows) const {
  return [this, rule = loss_rule(rows)](const SlicePass& pass) {
    compute_losses_(pass.rows.batch.samples, pass.rows.index, rule, pass.loss);
  };
}

// Of a minibatch of so many rows on all ranks.
LossRule PpoUpdate::loss_rule(double rows) const {
  const double scale = 1.0 / rows;
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

void PpoUpdate::adapt_learning_rate(const torch::Tensor& kl) {
  torch::Tensor& rate = adam_.learning_rate();
  const torch::Tensor slower = rate / kLearningRateFactor;
  const torch::Tensor faster = rate * kLearningRateFactor;
  at::where_out(rate, kl > kl_too_large_, slower, torch::where(kl < kl_too_small_, faster, rate));
  rate.clamp_(config_.min_learning_rate, config_.max_learning_rate);
}

}  // namespace kennel
