#include "src/learners/ppo/ppo.h"

namespace kennel {
namespace {

OnPolicyParts parts_of(const PpoConfig& config) {
  return {.rollout = config.rollout,
          .network = config.network,
          .precision = config.precision,
          .scalars = {kSurrogateLoss, kValueLoss,
                      "train/kl",             // nat, mean over the minibatches
                      "train/clip_fraction",  // of samples whose gradient the clip stopped
                      "train/grad_norm",      // before it is clipped
                      "train/learning_rate"},
          .remedy = "a smaller ppo.learning_rate or ppo.init_std",
          .epochs = config.num_epochs,
          .records_updates = true,
          .many_ranks = true};
}

}  // namespace

Ppo::Ppo(const LearnerParts& parts)
    : OnPolicy(parts, parts_of(parts.config.as<PpoConfig>())),
      config_(parts.config.as<PpoConfig>()),
      update_(own_networks(), obs_normaliser(), privileged_normaliser(), config_, pool(), ops(),
              all()) {}

void Ppo::set_progress(double fraction) {
  OnPolicy::set_progress(fraction);
  update_.set_progress(fraction);
}

std::vector<torch::Tensor> Ppo::learn_from(const RolloutBatch& batch, std::uint64_t shuffle_key) {
  const UpdateReport update = update_.run(batch, shuffle_key, steps());
  return {update.surrogate_loss, update.value_loss, update.kl,
          update.clip_fraction,  update.grad_norm,  update_.optimiser().scalars()[0]};
}

void Ppo::take_edits(const ConfigBlock& before) {
  if (config_.learning_rate == before.as<PpoConfig>().learning_rate) return;
  const torch::NoGradGuard no_grad;
  update_.optimiser().learning_rate().fill_(config_.learning_rate);
}

}  // namespace kennel
