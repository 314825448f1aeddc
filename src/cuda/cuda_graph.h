// Recordings of a CUDA device's work.
#pragma once

#include <torch/types.h>

#include <memory>

#include "kennel/rl/device_graph.h"

namespace kennel {

/// LearnerOps::make_graph; null where what runs is the host's stand-in, which records nothing.
/// \throws Error (the maker) when the device cannot be used
std::unique_ptr<DeviceGraph> (*cuda_graph_maker())(torch::Device device);

}  // namespace kennel
