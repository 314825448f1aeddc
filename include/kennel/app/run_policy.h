// The policy that a run hands out: the one of its newest checkpoint.
#pragma once

#include <string>

#include "kennel/io/run_folder.h"
#include "kennel/policy/policy_file.h"
#include "kennel/rl/checkpoint.h"

namespace kennel {

/// Reads a run's checkpoint.
/// \param which  "last", "best" or a step
/// \throws Error when there is none, or when it is damaged: then with the newest one that is whole
CheckpointSummary read_run_checkpoint(const RunFolder& run, const std::string& which);

/// The policy in a checkpoint.
/// \param name  what messages call it
PolicyFile policy_of_checkpoint(const CheckpointSummary& checkpoint, const std::string& name);

/// `policy.json` where it is the newest checkpoint's, otherwise that checkpoint's policy; of which
/// step it is goes to standard error.
/// \throws Error when the run has neither
PolicyFile newest_policy(const RunFolder& run);

/// The policy that a command's argument names: a file of any format, or a folder of a run. A
/// warning is given where a run's `policy.json` is named and the run has a newer checkpoint.
PolicyFile load_named_policy(const std::string& path);

}  // namespace kennel
