// The Fisher information of a Gaussian policy, multiplied by a vector without ever being formed
// (Schulman et al. 2015, arXiv 1502.05477, appendix C.1).
//
//   F = E_s E_a[grad log pi grad log pi'] = E_s[J' diag(1 / std^2) J]  (+)  2 I by log_std
//
// with J = d mean / d parameters. The expectation over actions is exact, that over states is the
// mean over the rows. J v is one pass forwards along the layers, next to the network's own
// (Pearlmutter 1994), J' one pass backwards:
//
//   y = act(u), u = x W + b:   dy = act'(u) (x dW + db + dx W)
#pragma once

#include <torch/types.h>

#include "src/learners/on_policy/network_gradient.h"

namespace kennel {

class Fisher {
 public:
  /// \throws Error when the networks run by parity, whose layers it does not know
  Fisher(const ActorCritic& networks, WorkerPool& pool, const LearnerOps& ops);

  /// F v, both (num_free): of the free parameters, the critic's part zero.
  torch::Tensor times(const LearningRows& rows, const torch::Tensor& v);

 private:
  torch::Tensor change_of_weights(const torch::Tensor& v) const;

  const ActorCritic& networks_;
  NetworkGradient gradient_;
  torch::Tensor none_;  // (1), no losses are summed
};

}  // namespace kennel
