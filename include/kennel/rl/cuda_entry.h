// What the CUDA backend's plugin offers to learners.
#pragma once

#include <functional>
#include <string>

#include "kennel/rl/collective.h"
#include "kennel/rl/learner_ops.h"

namespace kennel {

/// The table of operations for tensors on a CUDA device.
extern "C" const LearnerOps* kennel_cuda_learner_ops();

/// What ranks on GPUs need to connect.
struct CollectiveStart {
  int rank = 0, size = 1;
  torch::Device device;
  std::function<std::string(const std::string& word)> of_first;  // the first rank's word, on all
  std::function<void(const char* doing)> now;                    // Collective::now
};

/// Owned by the caller. NCCL's maximum of a number and NaN may be either.
/// \throws Error when NCCL cannot connect the ranks
extern "C" Collective* kennel_cuda_collective(const CollectiveStart& start);

}  // namespace kennel
