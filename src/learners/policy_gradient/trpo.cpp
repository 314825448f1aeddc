#include "src/learners/policy_gradient/trpo.h"

namespace kennel {
namespace {

OnPolicyParts parts_of(const TrpoConfig& config) {
  return {.rollout = config.rollout,
          .network = config.network,
          .scalars = {kSurrogateLoss, kValueLoss,
                      "train/kl",          // nat, what the step came to
                      "train/grad_norm",   // of the plain gradient
                      "train/step_share",  // of the step that was accepted, 0: none
                      "train/line_trials"},
          .remedy = "a smaller trpo.max_kl or trpo.init_std, or more trpo.damping",
          .epochs = config.value.epochs,
          .by_parity = false};
}

}  // namespace

std::vector<std::string> problems(const TrpoConfig& config, int num_envs) {
  std::vector<std::string> found = common_problems("trpo", config);
  check_rollout("trpo", config.rollout, num_envs, found);
  check_minibatches("trpo.value_minibatches", config.value.minibatches,
                    rows_of(config.rollout, num_envs), found);
  return found;
}

Trpo::Trpo(const LearnerParts& parts)
    : OnPolicy(parts, parts_of(parts.config.as<TrpoConfig>())),
      config_(parts.config.as<TrpoConfig>()),
      order_(obs_normaliser(), privileged_normaliser(), device(), ops()),
      means_(networks(), pool(), ops()),
      natural_(networks(), config_.natural, pool(), ops()),
      value_(own_networks(), config_.value, pool(), ops()),
      failed_(torch::zeros({}, device())) {}

// Waits for the device once a trial: the next one depends on it.
LineSearchResult Trpo::move(const LearningRows& rows, const torch::Tensor& step) {
  ActorCritic& networks = own_networks();
  const Gaussians old = means_.of(rows);
  const torch::Tensor before = networks.parameters().clone();
  const auto evaluate = [&](double share) {
    at::add_out(networks.parameters(), before, step, share);
    networks.refresh();
    const Gaussians now = means_.of(rows);
    const PolicyChange change = policy_change(rows.batch.samples, old, now);
    const torch::Tensor entropy = (now.log_std - old.log_std).sum();
    const torch::Tensor numbers =
        torch::stack({change.surrogate + config_.natural.entropy_coef * entropy, change.kl}).cpu();
    return LineTrial{numbers[0].item<float>(), numbers[1].item<float>()};
  };
  const LineSearchResult found =
      line_search({config_.backtracks, config_.backtrack_factor, config_.natural.max_kl}, evaluate);
  if (found.share == 0.0) {
    networks.parameters().copy_(before);
    networks.refresh();
  }
  return found;
}

std::vector<torch::Tensor> Trpo::learn_from(const RolloutBatch& batch, std::uint64_t shuffle_key) {
  const LearningRows rows = order_.whole(batch);
  const NaturalGradient::Step natural = natural_.step(rows);
  failed_.add_(natural.failed);
  const LineSearchResult found = move(rows, natural.step);
  const torch::Tensor value_loss = value_.run(batch, order_, shuffle_key, steps());
  const auto number = [this](double x) { return torch::full({}, x, device()); };
  return {number(-found.at.improvement), value_loss,          number(found.at.kl),
          natural.gradient.norm(),       number(found.share), number(found.trials)};
}

void Trpo::put_state(TensorArchive& archive) const {
  value_.optimiser().put(archive, "trpo/value_adam");
  archive.put("trpo/failed", failed_);
}

void Trpo::take_state(const TensorArchive& archive) {
  value_.optimiser().take(archive, "trpo/value_adam");
  value_.optimiser().learning_rate().fill_(config_.value.learning_rate);
  failed_.copy_(archive.tensor("trpo/failed"));
}

}  // namespace kennel
