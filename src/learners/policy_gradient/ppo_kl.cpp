#include "src/learners/policy_gradient/ppo_kl.h"

#include "src/learners/on_policy/value_fit.h"

namespace kennel {
namespace {

OnPolicyParts parts_of(const PpoKlConfig& config) {
  return {.rollout = config.rollout,
          .network = config.network,
          .scalars = {kSurrogateLoss, kValueLoss,
                      "train/kl",          // nat, d: after all epochs
                      "train/beta",        // that the update was penalised with
                      "train/grad_norm"},  // before it is clipped, mean over the minibatches
          .remedy = "a smaller ppo_kl.learning_rate or ppo_kl.init_std",
          .epochs = config.num_epochs};
}

}  // namespace

std::vector<std::string> problems(const PpoKlConfig& config, int num_envs) {
  std::vector<std::string> found = common_problems("ppo_kl", config);
  check_rollout("ppo_kl", config.rollout, num_envs, found);
  check_minibatches("ppo_kl.num_minibatches", config.num_minibatches,
                    rows_of(config.rollout, num_envs), found);
  return found;
}

torch::Tensor adapted_beta(const torch::Tensor& beta, const torch::Tensor& d, double target_kl) {
  const torch::Tensor smaller = torch::where(d < target_kl / 1.5, beta / 2, beta);
  return torch::where(d > 1.5 * target_kl, beta * 2, smaller).clamp(1e-6, 1e6);
}

torch::Tensor penalised_loss(const Samples& samples, const torch::Tensor& old_log_std,
                             const torch::Tensor& beta, double scale, LossSlice& slice) {
  const Gaussians old{samples.mean, old_log_std};
  const torch::Tensor ratio = log_density({slice.mean, slice.log_std}, samples.action)
                                  .sub_(log_density(old, samples.action))
                                  .exp_();
  const torch::Tensor gain = ratio * samples.advantage;  // d ratio A / d log pi as well
  LossSlice penalty = slice;
  penalty.grad_mean = torch::zeros_like(slice.grad_mean);
  penalty.grad_log_std = torch::zeros_like(slice.grad_log_std);
  add_divergence_gradient(old, scale, penalty);
  log_density_gradient(samples.action, gain * -scale, slice);
  slice.grad_mean.addcmul_(penalty.grad_mean, beta);
  slice.grad_log_std.addcmul_(penalty.grad_log_std, beta);
  return gain.sum().neg_();
}

PpoKl::PpoKl(const LearnerParts& parts)
    : OnPolicy(parts, parts_of(parts.config.as<PpoKlConfig>())),
      config_(parts.config.as<PpoKlConfig>()),
      order_(obs_normaliser(), privileged_normaliser(), device(), ops()),
      means_(networks(), pool(), ops()),
      gradient_(networks(), pool(), ops(), 2),
      adam_(networks().parameters().size(0), config_.learning_rate, device()),
      beta_(torch::full({}, config_.init_beta, device())) {}

// (3): surrogate loss, value loss and gradient norm, means over all minibatches.
torch::Tensor PpoKl::run_epochs(const RolloutBatch& batch, const torch::Tensor& old_log_std,
                                std::uint64_t shuffle_key) {
  ActorCritic& networks = own_networks();
  const std::int64_t rows = batch.obs.size(0) / config_.num_minibatches;
  const double scale = 1.0 / static_cast<double>(rows);
  const SliceWork loss = [&](const SlicePass& pass) {
    const Samples samples = pass.rows.samples();
    torch::Tensor error;
    pass.loss.sums[0].copy_(penalised_loss(samples, old_log_std, beta_, scale, pass.loss));
    squared_error(samples.returns, scale * config_.value_loss_coef, pass.loss, error);
    pass.loss.sums[1].copy_(error.sum());
  };
  const torch::Tensor log =
      torch::empty({config_.num_epochs * config_.num_minibatches, 3}, device());
  torch::Tensor gradient = torch::empty_like(networks.parameters());
  std::int64_t update = 0;
  for (int epoch = 0; epoch < config_.num_epochs; ++epoch) {
    const LearningRows shuffled = order_.shuffled_with_means(batch, shuffle_key, steps(), epoch);
    for (int k = 0; k < config_.num_minibatches; ++k, ++update) {
      torch::Tensor losses = log[update].narrow(0, 0, 2);
      const torch::Tensor& sum = gradient_.sum(shuffled.narrow(k * rows, rows), loss, losses);
      gradient_.log_std().sub_(config_.entropy_coef);  // H = sum_k log std_k + const
      networks.reduce_gradient(sum, gradient);
      adam_.step(networks.parameters(), gradient, config_.max_grad_norm, log[update][2]);
      networks.refresh();
      losses.mul_(scale);
    }
  }
  return log.mean(0);
}

std::vector<torch::Tensor> PpoKl::learn_from(const RolloutBatch& batch, std::uint64_t shuffle_key) {
  RolloutBatch with_means = batch;
  const Gaussians old = means_.of(order_.whole(batch));
  with_means.samples.mean = old.mean;
  const torch::Tensor means = run_epochs(with_means, old.log_std, shuffle_key);
  const torch::Tensor d = divergence(old, means_.of(order_.whole(batch))).mean();
  const torch::Tensor used = beta_;
  beta_ = adapted_beta(beta_, d, config_.target_kl);
  return {means[0], means[1], d, used, means[2]};
}

void PpoKl::put_state(TensorArchive& archive) const {
  adam_.put(archive, "ppo_kl/adam");
  archive.put("ppo_kl/beta", beta_);
}

void PpoKl::take_state(const TensorArchive& archive) {
  adam_.take(archive, "ppo_kl/adam");
  adam_.learning_rate().fill_(config_.learning_rate);
  beta_ = archive.tensor("ppo_kl/beta").to(device());
}

}  // namespace kennel
