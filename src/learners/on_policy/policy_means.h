// What the policy would do in every state of a batch.
#pragma once

#include <torch/types.h>

#include <vector>

#include "kennel/rl/actor_critic.h"
#include "kennel/rl/learner_ops.h"
#include "kennel/rl/slices.h"
#include "kennel/rl/worker_pool.h"
#include "src/learners/on_policy/gaussian.h"
#include "src/learners/on_policy/learning_rows.h"

namespace kennel {

class PolicyMeans {
 public:
  PolicyMeans(const ActorCritic& networks, WorkerPool& pool, const LearnerOps& ops);

  /// The policy as it is now in these states: a copy, which later changes leave alone.
  /// \param rows  as the batch has them (`rows.index` is undefined)
  Gaussians of(const LearningRows& rows);

 private:
  const ActorCritic& networks_;
  WorkerPool& pool_;
  const LearnerOps& ops_;
  std::vector<MlpWorkspace> workers_;  // one a thread
};

/// How two policies differ on a batch, () each on its device.
struct PolicyChange {
  torch::Tensor surrogate;  // mean of (ratio - 1) A, what the new one is expected to gain
  torch::Tensor kl;         // mean KL(old | new) [nat]
};

/// \param samples  of the old policy; `advantage` is A
PolicyChange policy_change(const Samples& samples, const Gaussians& old, const Gaussians& now);

}  // namespace kennel
