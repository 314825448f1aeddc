// An iteration's experience: the simulator writes straight into it, the update reads it in place.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "kennel/contract/vec_env.h"
#include "kennel/rl/actor_critic.h"
#include "kennel/rl/collective.h"
#include "kennel/rl/fused_ops.h"
#include "kennel/rl/learner_ops.h"
#include "kennel/rl/normaliser.h"
#include "kennel/rl/phase_timer.h"
#include "kennel/rl/rollout_config.h"
#include "kennel/rl/samples.h"
#include "kennel/rl/slices.h"
#include "kennel/rl/step_counter.h"
#include "kennel/rl/tensor_archive.h"
#include "kennel/rl/worker_pool.h"

namespace kennel {

/// How many of a rollout's steps are expected to cut an episode short at most, by the clock or by a
/// new command. Where the device is not waited for, steps beyond them take their last state's value
/// from the state before it (as in rsl_rl, which does so for all).
std::int64_t cut_rows(const EnvSpec& spec, const RolloutConfig& config);

/// T steps of N environments. Slot t holds what was observed before action t, slot T what followed.
class Rollout {
 public:
  Rollout(const EnvSpec& spec, const RolloutConfig& config, WorkerPool& pool, torch::Device device,
          const LearnerOps& ops, const Collective& all = alone());

  /// Resets the environments into slot T, where `collect` starts.
  void reset(VecEnv& env);

  /// Steps every environment T times, on from slot T. The noise of its actions is that of (key,
  /// environment, step of the run). Nothing in it waits for the device.
  /// \param from  the steps before
  void collect(VecEnv& env, const ActorCritic& networks, const Normaliser& obs_normaliser,
               std::uint64_t noise_key, const StepCounter& from, PhaseTimer& timer);

  /// Values, log-probabilities, advantages and returns of what was collected, by the networks that
  /// acted; the advantages are scaled by the spread of all ranks'. Nothing in it waits for the
  /// device.
  void estimate(const ActorCritic& networks, const Normaliser& privileged_normaliser);

  /// The transitions as one batch of T * N rows; views, no copies.
  RolloutBatch batch() const;

  const torch::Tensor& reward() const { return reward_; }      // (T, N)
  torch::Tensor obs() const;                                   // (T * N, obs_size) view
  torch::Tensor privileged_obs() const;                        // (T * N, privileged_obs_size) view
  torch::Tensor last_obs() const { return obs_[num_steps_]; }  // (N, obs_size) view
  torch::Tensor last_privileged_obs() const { return privileged_obs_[num_steps_]; }

  /// Looks for a number that is not finite; waits for the device.
  /// \throws Error naming the first one's environment and step
  void check_finite() const;

  /// All of it by its names here, for a file that a person looks at.
  void put(TensorArchive& archive) const;

  /// Over all ranks: the mean reward of a step, and 1 - Var(returns - value) / Var(returns); ().
  torch::Tensor mean_reward() const;
  torch::Tensor explained_variance() const;

  std::int64_t all_envs() const { return all_envs_; }  // of all ranks

 private:
  /// What one thread needs to run a network over a slice of rows.
  struct Worker {
    torch::Tensor input;
    MlpWorkspace workspace;
  };

  void act(const ActorCritic& networks, const Normaliser& normaliser, const torch::Tensor& std,
           const NoiseAt& noise_at);
  static torch::Tensor input_of(Worker& worker, const torch::Tensor& kept, const Slice& slice,
                                std::int64_t size);
  void evaluate(const ActorCritic& networks, const Normaliser& normaliser,
                const torch::Tensor& privileged_obs, const torch::Tensor& kept,
                torch::Tensor value);
  torch::Tensor next_values(const ActorCritic& networks, const Normaliser& privileged_normaliser);
  void bind(VecEnv& env, std::int64_t step);
  void prepare(std::vector<Worker>& workers, const MlpShape& shape) const;

  std::int64_t num_steps_ = 0, num_envs_ = 0, first_env_id_ = 0, all_envs_ = 0, cut_rows_ = 0;
  float gamma_ = 0.0f, gae_lambda_ = 0.0f;
  WorkerPool& pool_;
  torch::Device device_;
  const LearnerOps& ops_;
  const Collective& all_;
  std::vector<Worker> actor_workers_, critic_workers_;
  torch::Tensor obs_;                   // (T + 1, N, obs_size)
  torch::Tensor privileged_obs_;        // (T + 1, N, privileged_obs_size)
  torch::Tensor final_privileged_obs_;  // (T, N, privileged_obs_size), rows of ended episodes
  torch::Tensor actor_input_;        // (T, N, obs_size), as the policy reads it; defined where kept
  torch::Tensor critic_input_;       // ((T + 1) * N, privileged_obs_size), the critic's
  torch::Tensor action_;             // (T, N, action_size)
  torch::Tensor noise_;              // the same, unless actions are made with their noise
  torch::Tensor log_prob_, reward_;  // (T, N)
  torch::Tensor terminated_, truncated_, command_changed_;  // (T, N)
  torch::Tensor cut_;    // (T, N), 1 where what follows is no consequence: truncated or told anew
  torch::Tensor value_;  // (T + 1, N)
  torch::Tensor next_value_;           // (T * N + 1), the last for indices that mean nothing
  torch::Tensor advantage_, returns_;  // (T, N)
};

}  // namespace kennel
