// A policy in other formats than the robot's JSON, each with the same contract and golden pair.
#pragma once

#include <string>

#include "kennel/io/policy_file.h"

namespace kennel {

enum class PolicyFormat {
  kPupper,       // the robot's JSON (policy_file.h)
  kTorchScript,  // a module that Python's torch or LibTorch loads; contract in the file
                 // "contract.json" inside
  kC,            // a C99 header without dependencies, for microcontrollers
};

/// The formats by the names that commands take, for messages: "pupper, torchscript or c".
inline constexpr const char* kPolicyFormatNames = "pupper, torchscript or c";

/// \throws Error for a name that is none of them
PolicyFormat policy_format(const std::string& name);

/// Writes `policy` to `path` in one step: a reader sees the old file or the new one.
/// \throws Error when the policy is inconsistent or the file cannot be written
void write_policy_as(PolicyFormat format, const std::string& path, const PolicyFile& policy);

/// Runs an exported file's golden observation through it. A C header carries its own check
/// (kennel_policy_self_test), so here it is refused.
/// \return the largest difference from the golden action
/// \throws Error when the file is damaged, foreign, without golden pair, or gives another action
double check_exported(const std::string& path);

}  // namespace kennel
