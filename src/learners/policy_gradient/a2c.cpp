#include "src/learners/policy_gradient/a2c.h"

#include "src/learners/on_policy/value_fit.h"

namespace kennel {
namespace {

OnPolicyParts parts_of(const A2cConfig& config) {
  return {.rollout = config.rollout,
          .network = config.network,
          .scalars = {kSurrogateLoss,  // -mean(A log pi), whose gradient is taken
                      kValueLoss,
                      "train/kl",          // nat, what the step came to
                      "train/grad_norm"},  // before it is clipped
          .remedy = "a smaller a2c.learning_rate or a2c.init_std"};
}

/// (num_free): each parameter's learning rate.
torch::Tensor learning_rates(const ActorCritic& networks, const A2cConfig& config) {
  torch::Tensor rates = torch::full_like(networks.parameters(), config.learning_rate);
  const std::int64_t actor = networks.num_free_actor();
  rates.narrow(0, actor, rates.size(0) - actor - networks.num_free_log_std())
      .fill_(config.value_learning_rate);
  return rates;
}

}  // namespace

std::vector<std::string> problems(const A2cConfig& config, int num_envs) {
  std::vector<std::string> found = common_problems("a2c", config);
  check_rollout("a2c", config.rollout, num_envs, found);
  return found;
}

A2c::A2c(const LearnerParts& parts)
    : OnPolicy(parts, parts_of(parts.config.as<A2cConfig>())),
      config_(parts.config.as<A2cConfig>()),
      order_(obs_normaliser(), privileged_normaliser(), device(), ops()),
      means_(networks(), pool(), ops()),
      gradient_(networks(), pool(), ops(), 2),
      optimiser_(learning_rates(networks(), config_), config_.optimiser) {}

std::vector<torch::Tensor> A2c::learn_from(const RolloutBatch& batch,
                                           std::uint64_t /*shuffle_key*/) {
  const LearningRows rows = order_.whole(batch);
  const Gaussians old = means_.of(rows);
  const double scale = 1.0 / static_cast<double>(rows.size());
  const SliceWork loss = [&](const SlicePass& pass) {
    const Samples samples = pass.rows.samples();
    log_density_gradient(samples.action, samples.advantage * -scale, pass.loss);
    pass.loss.grad_mean.add_(pass.loss.mean, 2.0 * scale * config_.mean_coef);
    torch::Tensor error;
    squared_error(samples.returns, scale * config_.value_loss_coef, pass.loss, error);
    pass.loss.sums[0].copy_((samples.advantage * samples.log_prob).sum().mul_(-scale));
    pass.loss.sums[1].copy_(error.sum().mul_(scale));
  };
  torch::Tensor losses = torch::zeros({2}, device());
  const torch::Tensor& sum = gradient_.sum(rows, loss, losses);
  gradient_.log_std().sub_(config_.entropy_coef);  // H = sum_k log std_k + const
  torch::Tensor gradient = torch::empty_like(networks().parameters());
  networks().reduce_gradient(sum, gradient);
  const torch::Tensor grad_norm = optimiser_.step(own_networks().parameters(), gradient);
  own_networks().refresh();
  return {losses[0], losses[1], divergence(old, means_.of(rows)).mean(), grad_norm};
}

}  // namespace kennel
