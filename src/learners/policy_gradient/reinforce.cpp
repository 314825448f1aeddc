#include "src/learners/policy_gradient/reinforce.h"

namespace kennel {
namespace {

OnPolicyParts parts_of(const ReinforceConfig& config) {
  return {.rollout = config.rollout,
          .network = config.network,
          .scalars = {kSurrogateLoss,  // -mean((G - b) log pi), whose gradient is taken
                      kValueLoss,
                      "train/kl",         // nat, what the step came to
                      "train/grad_norm",  // before it is clipped
                      "train/baseline"},  // its mean
          .remedy = "a smaller reinforce.learning_rate or reinforce.init_std",
          .epochs = config.value.epochs,
          .by_parity = false};
}

}  // namespace

std::vector<std::string> problems(const ReinforceConfig& config, int num_envs) {
  std::vector<std::string> found = common_problems("reinforce", config);
  check_rollout("reinforce", config.rollout, num_envs, found);
  check_minibatches("reinforce.value_minibatches", config.value.minibatches,
                    rows_of(config.rollout, num_envs), found);
  check_choice("reinforce.baseline", config.baseline, {"none", "mean", "optimal", "learned"},
               found);
  return found;
}

torch::Tensor optimal_baseline(const torch::Tensor& norm_squared, const torch::Tensor& returns) {
  return (norm_squared * returns).mean() / norm_squared.mean();
}

torch::Tensor gradient_norms_squared(const ActorCritic& networks, NetworkGradient& gradient,
                                     const LearningRows& rows) {
  torch::Tensor norms = torch::zeros({rows.size()}, networks.parameters().options());
  torch::Tensor none = torch::zeros({1}, norms.options());
  const SliceWork log_density = [](const SlicePass& pass) {
    const Samples samples = pass.rows.samples();
    log_density_gradient(samples.action, torch::ones_like(samples.log_prob), pass.loss);
    pass.loss.sums.zero_();
  };
  const SliceWork norm = [&](const SlicePass& pass) {
    torch::Tensor own = norms.narrow(0, pass.begin, pass.rows.size());
    for (std::size_t k = 0; k < pass.actor.grad.size(); ++k) {
      const torch::Tensor& x = k == 0 ? pass.obs : pass.actor.output[k - 1];
      own.add_((x * x).sum(1).add_(1).mul_((pass.actor.grad[k] * pass.actor.grad[k]).sum(1)));
    }
    const torch::Tensor z =
        (pass.rows.samples().action - pass.loss.mean).div_(pass.loss.log_std.exp());
    const torch::Tensor by_log_std = (z * z).sub_(1);
    own.add_((by_log_std * by_log_std).sum(1));
  };
  gradient.sum(rows, log_density, none, norm);
  return norms;
}

Reinforce::Reinforce(const LearnerParts& parts)
    : OnPolicy(parts, parts_of(parts.config.as<ReinforceConfig>())),
      config_(parts.config.as<ReinforceConfig>()),
      order_(obs_normaliser(), privileged_normaliser(), device(), ops()),
      means_(networks(), pool(), ops()),
      gradient_(networks(), pool(), ops(), 1, Learns::kPolicy),
      adam_(networks().parameters().size(0), config_.learning_rate, device()),
      value_(own_networks(), config_.value, pool(), ops()) {}

torch::Tensor Reinforce::baseline(const LearningRows& rows) {
  const Samples& samples = rows.batch.samples;
  if (config_.baseline == "learned") return samples.value;
  if (config_.baseline == "mean") return samples.returns.mean();
  if (config_.baseline == "optimal")
    return optimal_baseline(gradient_norms_squared(networks(), gradient_, rows), samples.returns);
  return torch::zeros({}, samples.returns.options());
}

std::vector<torch::Tensor> Reinforce::learn_from(const RolloutBatch& batch,
                                                 std::uint64_t shuffle_key) {
  LearningRows rows = order_.whole(batch);
  const Gaussians old = means_.of(rows);
  const torch::Tensor b = baseline(rows);
  rows.batch.samples.advantage = rows.batch.samples.returns - b;
  const double scale = 1.0 / static_cast<double>(rows.size());
  const SliceWork loss = [scale](const SlicePass& pass) {
    const Samples samples = pass.rows.samples();
    log_density_gradient(samples.action, samples.advantage * -scale, pass.loss);
    pass.loss.sums.copy_((samples.advantage * samples.log_prob).sum().mul_(-scale));
  };
  torch::Tensor surrogate_loss = torch::zeros({1}, device());
  const torch::Tensor& sum = gradient_.sum(rows, loss, surrogate_loss);
  gradient_.log_std().sub_(config_.entropy_coef);
  torch::Tensor gradient = torch::empty_like(networks().parameters());
  networks().reduce_gradient(sum, gradient);
  const torch::Tensor grad_norm = torch::empty({}, device());
  adam_.step(own_networks().parameters(), gradient, config_.max_grad_norm, grad_norm);
  own_networks().refresh();
  const torch::Tensor kl = divergence(old, means_.of(rows)).mean();
  const torch::Tensor value_loss = value_.run(batch, order_, shuffle_key, steps());
  return {surrogate_loss[0], value_loss, kl, grad_norm, b.mean()};
}

void Reinforce::put_state(TensorArchive& archive) const {
  adam_.put(archive, "reinforce/adam");
  value_.optimiser().put(archive, "reinforce/value_adam");
}

void Reinforce::take_state(const TensorArchive& archive) {
  adam_.take(archive, "reinforce/adam");
  adam_.learning_rate().fill_(config_.learning_rate);
  value_.optimiser().take(archive, "reinforce/value_adam");
  value_.optimiser().learning_rate().fill_(config_.value.learning_rate);
}

}  // namespace kennel
