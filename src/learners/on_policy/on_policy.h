// What methods share that learn from what the present policy has just done: roll out, estimate
// advantages, let the method learn from them, repeat. With it go normalisers, checkpoints, reports.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

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

namespace kennel {

/// What every method reports first of its own numbers; training that makes them infinite failed.
inline constexpr std::string_view kSurrogateLoss = "train/surrogate_loss",
                                  kValueLoss = "train/value_loss";

/// What a method tells of itself.
struct OnPolicyParts {
  RolloutConfig rollout;
  NetworkConfig network;
  std::string precision = "fp32";         // of the networks' products
  std::vector<std::string_view> scalars;  // names of what `learn_from` returns
  std::string remedy;                     // of gradients that are not finite: "a smaller ..."
  int epochs = 1;                         // updates that each step takes part in
  bool by_parity = true;                  // may run symmetric networks so; else as dense ones
  bool records_updates = false;           // `learn_from` asks for the same operations each time
  bool many_ranks = false;                // `learn_from` sums over ranks
};

/// A method's learner. Same seed, same build, same device: the same bits.
class OnPolicy : public Learner {
 public:
  OnPolicy(const OnPolicy&) = delete;  // its parts refer to each other
  OnPolicy& operator=(const OnPolicy&) = delete;

  IterationReport iterate() final;
  void set_progress(double fraction) override { env_.set_progress(fraction); }
  std::int64_t iteration() const final { return iteration_; }
  std::int64_t env_steps() const final { return env_steps_; }
  PolicyNetwork policy() const final { return networks_.snapshot(obs_normaliser_); }

  void save(const std::filesystem::path& path, const std::string& config) const final;
  void load(const std::filesystem::path& path) final;

  /// From a checkpoint of any of these methods.
  void load_networks(const std::filesystem::path& path) final;

  LearnerFlop flop() const final {
    return {flop_of_row(networks_.actor_shape()), flop_of_row(networks_.critic_shape()),
            parts_.epochs};
  }

  /// That more than a few gradients were not finite: the policy is not what its steps promise.
  std::string complaint() const final;

  bool save_failure(const std::filesystem::path& path) const final;
  LearnerRecordings recordings() const final;

  const ActorCritic& networks() const { return networks_; }
  const Rollout& rollout() const { return rollout_; }
  const Normaliser& obs_normaliser() const { return obs_normaliser_; }

  /// Gradient steps asked for, and those of them left out because the gradient was not finite.
  virtual std::int64_t updates() const { return iteration_; }
  std::int64_t skipped_updates() const { return skipped_updates_; }

 protected:
  /// Resets the environments. See WorkerPool for what becomes of torch's own threads.
  /// \throws Error when the config is wrong, symmetric without mirrors, or other ranks train along
  ///         with a method that does not know them
  OnPolicy(const LearnerParts& learner, OnPolicyParts parts);

  /// Moves the networks. Called without autograd, before the running statistics take in the
  /// observations: the very policy that acted is still there.
  /// \param shuffle_key  for orders of the batch
  /// \return numbers () on the device, by the names in OnPolicyParts::scalars
  virtual std::vector<torch::Tensor> learn_from(const RolloutBatch& batch,
                                                std::uint64_t shuffle_key) = 0;

  /// Updates left out so far because a gradient was not finite, () float32 on the device.
  virtual torch::Tensor skipped() const = 0;

  /// The method's own state between iterations, all of it tensors.
  virtual void put_state(TensorArchive& archive) const = 0;
  virtual void take_state(const TensorArchive& archive) = 0;

  ActorCritic& own_networks() { return networks_; }  // to be moved
  const Normaliser& privileged_normaliser() const { return privileged_normaliser_; }
  WorkerPool& pool() { return pool_; }
  const LearnerOps& ops() const { return ops_; }
  const Collective& all() const { return all_; }
  const StepCounter& steps() const { return steps_; }
  torch::Device device() const { return env_.device(); }

 private:
  void collect();
  void learn();
  IterationReport report();
  void check(const IterationReport& report);
  std::string description() const;
  void check_network(const TensorArchive& archive, const std::filesystem::path& path) const;
  void restore_networks(const TensorArchive& archive);

  VecEnv& env_;
  OnPolicyParts parts_;
  std::uint64_t seed_ = 0;
  const LearnerOps ops_;
  const Collective& all_;
  WorkerPool pool_;
  ActorCritic networks_;
  Normaliser obs_normaliser_, privileged_normaliser_;
  Rollout rollout_;
  std::unique_ptr<PhaseTimer> timer_;
  StepCounter steps_;                      // of each environment
  std::vector<std::string_view> scalars_;  // names of numbers_ but the first
  torch::Tensor numbers_;                  // of the last iteration, on the device
  Readback readback_;                      // of numbers_
  RepeatedWork collecting_, estimating_, learning_;
  std::int64_t iteration_ = 0;
  std::int64_t env_steps_ = 0;
  std::int64_t skipped_updates_ = 0;  // as last reported
  bool failed_ = false;               // the last iteration met what is not finite
};

}  // namespace kennel
