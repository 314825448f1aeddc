// Where the CUDA backend's memory lies.
#pragma once

#include <torch/types.h>

#include <string>

namespace kennel {

/// The device that a name such as "cuda:1" means.
/// \throws Error when it is not there, too old, or not what was built for
torch::Device usable_device(const std::string& name);

}  // namespace kennel
