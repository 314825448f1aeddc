// A policy as a TorchScript module.
#pragma once

#include <string>

#include "kennel/policy/policy_file.h"

namespace kennel {

/// Writes a module whose forward takes observations (any, obs_size) and gives actions (any, 12),
/// float32, normalisation inside. The extra file "contract.json" in it is the policy's contract.
/// \param policy  complete, with a golden pair
void write_torchscript(const std::string& path, const PolicyFile& policy);

/// Reads a module's weights and contract, and runs it once: it must answer its golden observation
/// as they say.
/// \param path  names the file in messages
/// \throws Error when the bytes are no module that `write_torchscript` wrote
PolicyFile policy_from_torchscript(const std::string& path, const std::string& bytes);

}  // namespace kennel
