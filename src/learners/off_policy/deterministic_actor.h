// A policy that says what to do, not how likely: a = mu(s), and the step up a critic's hill.
#pragma once

#include <torch/types.h>

#include <vector>

#include "kennel/rl/deployed.h"
#include "src/learners/off_policy/critics.h"

namespace kennel {

MlpShape actor_shape(const EnvSpec& spec, const ReplayConfig& replay,
                     const ActorCriticConfig& config);

/// mu(s) = tanh(MLP(s)), within [-1, 1], on observations that are deployed.
class DeterministicActor {
 public:
  DeterministicActor(const OffPolicyParts& parts, const ReplayConfig& replay,
                     const ActorCriticConfig& config, torch::Generator generator);

  /// mu(obs) (rows, action_size) of the policy and of its target; called on any thread, whose next
  /// call overwrites it.
  const torch::Tensor& act(const torch::Tensor& obs, int thread);
  const torch::Tensor& target_act(const torch::Tensor& obs, int thread);

  /// One step up the deterministic policy gradient (Silver et al. 2014, eq. 9):
  ///   mean over rows of  d mu(s) / d theta  d (Q_1(s, a) - c mean_j a_j^2) / d a  at a = mu(s)
  /// \param action_cost  c
  /// \return (2): the mean of Q_1(s, mu(s)), and of |mu|
  torch::Tensor ascend(const Minibatch& batch, Critics& critics, double action_cost);

  PolicyNetwork deployed_with(const Normaliser& obs_normaliser) const {
    return deployed(networks_.shape(), networks_.network(), obs_normaliser);
  }

  TrainedNetworks& networks() { return networks_; }

 private:
  MlpWorkspace& pass_at(const torch::Tensor& obs, int thread);

  const LearnerOps& ops_;
  TrainedNetworks networks_;
  std::vector<MlpWorkspace> passes_;  // one a thread
};

/// action <- mu(s) + sigma eps, within [-1, 1]; sigma from `least` to `most` over the batch.
void explore_around(const torch::Tensor& mean, const Exploring& at, float least, float most,
                    torch::Tensor& action);

}  // namespace kennel
