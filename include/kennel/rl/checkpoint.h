// What every checkpoint tells without an environment, whichever method wrote it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "kennel/policy/policy_network.h"

namespace kennel {

class TensorArchive;

struct CheckpointSummary {
  std::string config;  // as it was given to Learner::save
  std::int64_t iteration = 0;
  std::int64_t env_steps = 0;
  PolicyNetwork policy;
};

/// \throws Error when the file is missing, damaged or no checkpoint
CheckpointSummary read_checkpoint(const std::filesystem::path& path);

/// What `read_checkpoint` reads; a method puts its own beside it.
void put_summary(TensorArchive& archive, const CheckpointSummary& summary);

}  // namespace kennel
