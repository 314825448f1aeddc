// Minibatches taken whole by the kernel of kernels/learner/minibatch.cu.
#pragma once

#include "kennel/learners/ppo_ops.h"

namespace kennel {

/// PpoOps::plan_minibatches: the kernel fits where a block's shared memory holds a tile's
/// activations; tf32 and bf16 take compute capability 8.0.
MinibatchPlan plan_cuda_minibatches(const MlpShape& actor, const MlpShape& critic,
                                    ProductPrecision products, torch::Device device);

/// PpoOps::minibatch
void cuda_minibatch(const MinibatchPlan& plan, const MinibatchPass& pass);

}  // namespace kennel
