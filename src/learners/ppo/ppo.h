// PPO on a VecEnv: roll out, estimate advantages, update, repeat.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "kennel/contract/vec_env.h"
#include "kennel/rl/actor_critic.h"
#include "kennel/rl/collective.h"
#include "kennel/rl/learner_entry.h"
#include "kennel/rl/learner_ops.h"
#include "kennel/rl/normaliser.h"
#include "kennel/rl/phase_timer.h"
#include "kennel/rl/random.h"
#include "kennel/rl/readback.h"
#include "kennel/rl/repeated_work.h"
#include "kennel/rl/rollout.h"
#include "kennel/rl/step_counter.h"
#include "kennel/rl/tensor_archive.h"
#include "kennel/rl/worker_pool.h"
#include "src/learners/ppo/ppo_config.h"
#include "src/learners/ppo/ppo_update.h"

namespace kennel {

/// Proximal policy optimisation. Same seed, same build, same device: the same bits.
class Ppo final : public Learner {
 public:
  /// Resets the environments. See WorkerPool for what becomes of torch's own threads.
  /// \throws Error when the config is wrong, or symmetric without mirrors
  explicit Ppo(const LearnerParts& parts);
  Ppo(const Ppo&) = delete;  // its parts refer to each other
  Ppo& operator=(const Ppo&) = delete;

  IterationReport iterate() override;
  void set_progress(double fraction) override;
  std::int64_t iteration() const override { return iteration_; }
  std::int64_t env_steps() const override { return env_steps_; }
  PolicyNetwork policy() const override { return networks_.snapshot(obs_normaliser_); }

  void save(const std::filesystem::path& path, const std::string& config) const override;
  void load(const std::filesystem::path& path) override;
  void load_networks(const std::filesystem::path& path) override;

  /// Goes on with an edited learning rate, which a schedule then moves on.
  void take_edits(const ConfigBlock& before) override;

  LearnerFlop flop() const override {
    return {flop_of_row(networks_.actor_shape()), flop_of_row(networks_.critic_shape()),
            config_.num_epochs};
  }

  /// That more than a few gradients were not finite: the policy is not what its steps promise.
  std::string complaint() const override;

  bool save_failure(const std::filesystem::path& path) const override;

  LearnerRecordings recordings() const override;

  const ActorCritic& networks() const { return networks_; }
  const Rollout& rollout() const { return rollout_; }
  const Normaliser& obs_normaliser() const { return obs_normaliser_; }

  /// Gradient steps asked for, and those of them left out because the gradient was not finite.
  std::int64_t updates() const { return iteration_ * config_.num_epochs * config_.num_minibatches; }
  std::int64_t skipped_updates() const { return skipped_updates_; }

 private:
  void collect();
  void learn();
  torch::Tensor numbers(const UpdateReport& update) const;
  IterationReport report();
  void check(const IterationReport& report);
  std::string description() const;
  void check_network(const TensorArchive& archive, const std::filesystem::path& path) const;
  void restore_networks(const TensorArchive& archive);

  VecEnv& env_;
  PpoConfig config_;
  std::uint64_t seed_ = 0;
  const LearnerOps& ops_;
  const Collective& all_;
  WorkerPool pool_;
  ActorCritic networks_;
  Normaliser obs_normaliser_, privileged_normaliser_;
  Rollout rollout_;
  PpoUpdate update_;
  std::unique_ptr<PhaseTimer> timer_;
  StepCounter steps_;      // of each environment
  torch::Tensor numbers_;  // of the last iteration, on the device
  Readback readback_;      // of numbers_
  RepeatedWork collecting_, estimating_, learning_;
  std::int64_t iteration_ = 0;
  std::int64_t env_steps_ = 0;
  std::int64_t skipped_updates_ = 0;  // as last reported
  bool failed_ = false;               // the last iteration met what is not finite
};

}  // namespace kennel
