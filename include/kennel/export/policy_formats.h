// A policy in other formats than the robot's JSON, each with the same contract and golden pair.
#pragma once

#include <string>
#include <vector>

#include "kennel/policy/policy_file.h"

namespace kennel {

enum class PolicyFormat { kJson, kOnnx, kTorchScript, kC };

/// The formats: the name that commands take, and what it is.
struct PolicyFormatEntry {
  PolicyFormat format;
  const char* name;
  const char* doc;
};
inline constexpr PolicyFormatEntry kPolicyFormats[] = {
    {PolicyFormat::kJson, "json", "the robot's own file"},
    {PolicyFormat::kOnnx, "onnx", "opset 17, for ONNX Runtime and others"},
    {PolicyFormat::kTorchScript, "torchscript", "a module for LibTorch and Python"},
    {PolicyFormat::kC, "c", "a C99 header without dependencies, for microcontrollers"},
};

/// \throws Error for a name that is none of them
PolicyFormat policy_format(const std::string& name);

/// Writes `policy` to `path` in one step: a reader sees the old file or the new one.
/// \throws Error when the policy is inconsistent, a gait for another format than JSON, or the file
/// cannot be written
void write_policy_as(PolicyFormat format, const std::string& path, const PolicyFile& policy);

/// Reads a policy: the robot's JSON of anyone, ONNX and TorchScript files that kennel export wrote.
/// \throws Error when the file is damaged, foreign or a C header, which can only be compiled
PolicyFile read_policy(const std::string& path);

/// Runs an exported file's golden observation through it; a TorchScript module runs itself, the
/// layers or the gait of the others run in this library's forward pass. A C header carries its own
/// check (kennel_policy_self_test), so here it is refused.
/// \return the largest difference from the golden action
/// \throws Error when the file is damaged, foreign, without golden pair, or gives another action
double check_exported(const std::string& path);

}  // namespace kennel
