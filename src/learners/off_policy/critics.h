// Critics of a state and an action, Q(s, a): one, or two that are wrong in different ways.
#pragma once

#include <torch/types.h>

#include <functional>
#include <vector>

#include "src/learners/off_policy/off_policy.h"
#include "src/learners/off_policy/replay_config.h"

namespace kennel {

MlpShape critic_shape(const EnvSpec& spec, const ReplayConfig& replay,
                      const ActorCriticConfig& config);

/// How the values of two critics become one.
enum class Estimate {
  kFirst,  // that of the first
  kLeast,  // of the smaller in each row: clipped double Q-learning (Fujimoto et al. 2018, eq. 10)
  kMean,
};

/// A value and what it gains by the action.
struct ActionGradient {
  torch::Tensor value;   // (rows)
  torch::Tensor action;  // (rows, action_size), d value / d action
};

/// Critics that read the privileged observation, which is not deployed, and the action.
class Critics {
 public:
  /// What follows a slice's rows is worth, (rows), without the rewards up to there.
  using NextValue =
      std::function<torch::Tensor(const Minibatch& rows, const Slice& slice, int thread)>;

  Critics(const OffPolicyParts& parts, const ReplayConfig& replay, const ActorCriticConfig& config,
          int count, torch::Generator generator);

  /// The targets' value of an action, (rows). Called on any thread.
  torch::Tensor target_value(const torch::Tensor& privileged_obs, const torch::Tensor& action,
                             Estimate estimate, int thread);

  /// A value and its gradient by the action. Called on any thread.
  ActionGradient by_action(const torch::Tensor& privileged_obs, const torch::Tensor& action,
                           Estimate estimate, int thread);

  /// One step of every critic down its mean squared error from
  ///   y = returns + discount * next_value
  /// \return (2): the mean squared error and the mean value, means over critics
  torch::Tensor fit(const Minibatch& batch, const NextValue& next_value);

  TrainedNetworks& networks() { return networks_; }

 private:
  /// What one thread needs to take a slice forward and backward.
  struct Worker {
    torch::Tensor input;               // (rows, privileged_obs_size + action_size)
    std::vector<MlpWorkspace> passes;  // of each critic
  };

  Worker& worker_at(const torch::Tensor& privileged_obs, const torch::Tensor& action, int thread);

  const LearnerOps& ops_;
  TrainedNetworks networks_;
  std::vector<Worker> workers_;  // one a thread
};

}  // namespace kennel
