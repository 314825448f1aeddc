// A policy as an ONNX model.
#pragma once

#include <string>

#include "kennel/policy/policy_file.h"

namespace kennel {

/// A model that takes "obs" (any, obs_size) and gives "action" (any, 12), float32, normalisation
/// inside: a Gemm and an activation a layer, opset 17. metadata_props holds the policy's contract,
/// an entry a key, its value as JSON.
/// \param policy  complete, with a golden pair
/// \return the file's bytes
/// \throws Error when this program was built without protobuf
std::string onnx_bytes(const PolicyFile& policy);

/// \param path  names the file in messages
/// \throws Error when the bytes are no model that `onnx_bytes` made
PolicyFile policy_from_onnx(const std::string& path, const std::string& bytes);

}  // namespace kennel
