// A policy as a TorchScript module.
#pragma once

#include <string>

#include "kennel/io/policy_file.h"

namespace kennel {

/// Writes a module whose forward takes observations (any, obs_size) and gives actions (any, 12),
/// float32, normalisation inside. The extra file "contract.json" in it is the policy's contract.
/// \param policy  complete, with a golden pair
void write_torchscript(const std::string& path, const PolicyFile& policy);

/// \return the largest difference from the golden action of the contract inside
/// \throws Error when the file cannot be loaded or has no contract
double check_torchscript(const std::string& path);

}  // namespace kennel
