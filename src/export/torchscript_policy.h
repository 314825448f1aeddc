// A policy as a TorchScript module.
#pragma once

#include <string>

#include "kennel/io/policy_file.h"

namespace kennel {

/// Writes a module whose forward takes observations (any, obs_size) and gives actions (any, 12),
/// float32, normalisation inside. The extra file "contract.json" in it is the policy's contract.
/// \param policy  complete, with a golden pair
void write_torchscript(const std::string& path, const PolicyFile& policy);

/// \throws Error when the file cannot be loaded or is not one that `write_torchscript` wrote
PolicyFile read_torchscript(const std::string& path);

/// Runs the module itself.
/// \param policy  what `read_torchscript` read from it
/// \return the largest difference from the golden action
double check_torchscript(const std::string& path, const PolicyFile& policy);

}  // namespace kennel
