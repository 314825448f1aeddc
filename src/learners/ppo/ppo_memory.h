// How much memory a training takes, known before it starts.
#pragma once

#include <cstddef>

#include "kennel/contract/vec_env.h"
#include "kennel/rl/learner_ops.h"
#include "src/learners/ppo/ppo_config.h"

namespace kennel {

/// Bytes on the learner's device, the environments' own not counted.
struct PpoMemory {
  std::size_t rollout = 0;     // an iteration's experience
  std::size_t epoch = 0;       // its copy in the order it is learnt from
  std::size_t workspaces = 0;  // activations and gradients of the slices that are worked on
  std::size_t parameters = 0;  // networks, optimiser, partial gradients
  std::size_t temporary = 0;   // the most that single operations need beside all that
  std::size_t recordings = 0;  // what recordings keep for themselves of what their operations need

  std::size_t total() const {
    return rollout + epoch + workspaces + parameters + temporary + recordings;
  }
};

/// What a Ppo of these environments and networks allocates, to a few percent.
/// \param num_threads  that work on slices at the same time, 1 where `ops.threads` is false
PpoMemory ppo_memory(const EnvSpec& spec, const PpoConfig& config, const LearnerOps& ops,
                     int num_threads = 1);

}  // namespace kennel
