// What the CUDA backend's plugin offers to learners.
#pragma once

#include "kennel/rl/learner_ops.h"

namespace kennel {

/// The table of operations for tensors on a CUDA device.
extern "C" const LearnerOps* kennel_cuda_learner_ops();

}  // namespace kennel
