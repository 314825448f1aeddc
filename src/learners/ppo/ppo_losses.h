// PPO's losses over a slice of a minibatch, as one operation: chosen once, by how the rest of the
// arithmetic is done.
#pragma once

#include "kennel/learners/ppo_ops.h"
#include "kennel/rl/learner_ops.h"

namespace kennel {

/// The losses in torch, right on any device: the reference.
void torch_losses(const Samples& samples, const torch::Tensor& index, const LossRule& rule,
                  LossSlice& slice);

/// The same on the CPU, in one pass over the samples where they lie.
/// \param index  must be defined
void cpu_losses(const Samples& samples, const torch::Tensor& index, const LossRule& rule,
                LossSlice& slice);

/// Those that go with a table of operations.
PpoLosses losses_for(const LearnerOps& ops);

}  // namespace kennel
