#include "src/learners/policy_gradient/npg.h"

namespace kennel {
namespace {

OnPolicyParts parts_of(const NpgConfig& config) {
  return {.rollout = config.rollout,
          .network = config.network,
          .scalars = {kSurrogateLoss, kValueLoss,
                      "train/kl",         // nat, what the step came to
                      "train/grad_norm",  // of the plain gradient
                      "train/step"},      // its norm
          .remedy = "a smaller npg.max_kl or npg.init_std, or more npg.damping",
          .epochs = config.value.epochs,
          .by_parity = false};
}

}  // namespace

std::vector<std::string> problems(const NpgConfig& config, int num_envs) {
  std::vector<std::string> found = common_problems("npg", config);
  check_rollout("npg", config.rollout, num_envs, found);
  check_minibatches("npg.value_minibatches", config.value.minibatches,
                    rows_of(config.rollout, num_envs), found);
  return found;
}

Npg::Npg(const LearnerParts& parts)
    : OnPolicy(parts, parts_of(parts.config.as<NpgConfig>())),
      config_(parts.config.as<NpgConfig>()),
      order_(obs_normaliser(), privileged_normaliser(), device(), ops()),
      means_(networks(), pool(), ops()),
      natural_(networks(), config_.natural, pool(), ops()),
      value_(own_networks(), config_.value, pool(), ops()),
      failed_(torch::zeros({}, device())) {}

std::vector<torch::Tensor> Npg::learn_from(const RolloutBatch& batch, std::uint64_t shuffle_key) {
  const LearningRows rows = order_.whole(batch);
  const Gaussians old = means_.of(rows);
  const NaturalGradient::Step natural = natural_.step(rows);
  own_networks().parameters().add_(natural.step);
  own_networks().refresh();
  failed_.add_(natural.failed);
  const PolicyChange change = policy_change(rows.batch.samples, old, means_.of(rows));
  const torch::Tensor value_loss = value_.run(batch, order_, shuffle_key, steps());
  return {-change.surrogate, value_loss, change.kl, natural.gradient.norm(), natural.step.norm()};
}

void Npg::put_state(TensorArchive& archive) const {
  value_.optimiser().put(archive, "npg/value_adam");
  archive.put("npg/failed", failed_);
}

void Npg::take_state(const TensorArchive& archive) {
  value_.optimiser().take(archive, "npg/value_adam");
  value_.optimiser().learning_rate().fill_(config_.value.learning_rate);
  failed_.copy_(archive.tensor("npg/failed"));
}

}  // namespace kennel
