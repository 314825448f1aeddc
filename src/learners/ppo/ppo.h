// PPO on a VecEnv.
#pragma once

#include <cstdint>
#include <vector>

#include "src/learners/on_policy/on_policy.h"
#include "src/learners/ppo/ppo_config.h"
#include "src/learners/ppo/ppo_update.h"

namespace kennel {

/// Proximal policy optimisation (PpoUpdate has its equations).
class Ppo final : public OnPolicy {
 public:
  /// \throws Error when the config is wrong, or symmetric without mirrors
  explicit Ppo(const LearnerParts& parts);

  void set_progress(double fraction) override;
  std::int64_t updates() const override {
    return iteration() * config_.num_epochs * config_.num_minibatches;
  }

  /// Goes on with an edited learning rate, which a schedule then moves on.
  void take_edits(const ConfigBlock& before) override;

 private:
  std::vector<torch::Tensor> learn_from(const RolloutBatch& batch,
                                        std::uint64_t shuffle_key) override;
  torch::Tensor skipped() const override { return update_.optimiser().skipped(); }
  void put_state(TensorArchive& archive) const override {
    update_.optimiser().put(archive, "adam");
  }
  void take_state(const TensorArchive& archive) override {
    update_.optimiser().take(archive, "adam");
  }

  PpoConfig config_;
  PpoUpdate update_;
};

}  // namespace kennel
