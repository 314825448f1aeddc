// The learner around every off-policy method: act, remember, learn from what is remembered.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "kennel/contract/vec_env.h"
#include "kennel/rl/learner_entry.h"
#include "kennel/rl/learner_ops.h"
#include "kennel/rl/normaliser.h"
#include "kennel/rl/phase_timer.h"
#include "kennel/rl/readback.h"
#include "kennel/rl/step_counter.h"
#include "kennel/rl/tensor_archive.h"
#include "kennel/rl/worker_pool.h"
#include "src/learners/off_policy/off_policy.h"
#include "src/learners/off_policy/replay_buffer.h"
#include "src/learners/off_policy/replay_config.h"

namespace kennel {

/// What an OffPolicyLearner is told beside the parts of every learner.
struct OffPolicySetup {
  const char* section = "";
  ReplayConfig replay;
  bool privileged = true;  // the method's values read privileged observations
  std::function<std::unique_ptr<OffPolicyMethod>(const OffPolicyParts& parts)> make;
};

/// One iteration:
///
///   num_steps times:
///     every environment tries an action and is stepped; the buffer keeps what came of it
///     updates_per_step times, once warmup_steps are kept: draw a minibatch, learn from it
///
/// Actions are numbers from -1 to 1 to the method; the environments get the middle of
/// EnvSpec::action_bounds plus half their width times that and action_range, so that no action is
/// ever clamped and the critics see what was done. Same seed, same build, same device: the same
/// bits.
class OffPolicyLearner final : public Learner {
 public:
  /// Resets the environments. See WorkerPool for what becomes of torch's own threads.
  /// \throws Error when the config is wrong, asks for mirrors where there are none, other ranks
  /// train along, actions have no bounds, or the buffer does not fit
  OffPolicyLearner(const LearnerParts& parts, const OffPolicySetup& setup);
  OffPolicyLearner(const OffPolicyLearner&) = delete;  // its parts refer to each other
  OffPolicyLearner& operator=(const OffPolicyLearner&) = delete;

  IterationReport iterate() override;
  void set_progress(double fraction) override { env_.set_progress(fraction); }
  std::int64_t iteration() const override { return iteration_; }
  std::int64_t env_steps() const override { return steps_.value() * env_.spec().num_envs; }

  /// The policy without what it explores with, its actions in the environments' own units.
  PolicyNetwork policy() const override;

  void save(const std::filesystem::path& path, const std::string& config) const override;
  void load(const std::filesystem::path& path) override;
  void load_networks(const std::filesystem::path& path) override;

  /// That more than a few gradients were not finite: the policy is not what its steps promise.
  std::string complaint() const override;

  const ReplayBuffer& buffer() const { return buffer_; }
  OffPolicyMethod& method() { return *method_; }

 private:
  void act(std::int64_t step);
  void observe();
  void learn();
  IterationReport report(std::int64_t updates);
  std::string description() const;
  void check_networks(const TensorArchive& archive, const std::filesystem::path& path) const;
  torch::Tensor skipped() const;

  VecEnv& env_;
  std::string section_;
  ReplayConfig config_;
  EnvSpec kept_;  // of what is kept: without privileged observations where none are read, actions
                  // within the part of their bounds that is used
  std::uint64_t seed_;
  const LearnerOps& ops_;
  WorkerPool pool_;
  ReplayBuffer buffer_;
  Normaliser obs_normaliser_, privileged_normaliser_;
  std::unique_ptr<OffPolicyMethod> method_;
  Minibatch batch_;
  torch::Tensor noise_;         // (num_steps, num_envs, action_noise), of an iteration
  torch::Tensor update_noise_;  // (updates_per_step, batch_size, update_noise)
  torch::Tensor spread_;        // (num_envs, 1), how daring each environment is
  torch::Tensor obs_;           // (num_envs, obs_size), as the networks read them
  torch::Tensor env_action_;    // (num_envs, action_size), in the environments' units
  torch::Tensor reward_;        // (), summed over an iteration
  torch::Tensor numbers_;       // the method's, summed over an iteration's updates
  Readback readback_;
  std::unique_ptr<PhaseTimer> timer_;
  StepCounter steps_;    // of each environment
  StepCounter updates_;  // so far
  std::int64_t iteration_ = 0;
  std::int64_t skipped_updates_ = 0;  // as last reported, of all networks
};

}  // namespace kennel
