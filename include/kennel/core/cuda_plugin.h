// The CUDA backend is a shared library of its own, libkennel_cuda.so, loaded when a GPU is asked
// for: a machine without one neither waits for nvcc nor for LibTorch's CUDA libraries at each
// start.
#pragma once

#include <string>

namespace kennel {

/// Loads the plugin and looks up an entry point.
/// \param device  what messages call the device
/// \throws Error when there is no plugin, no driver or no device
void* cuda_entry_point(const char* name, const std::string& device);

/// Whether a CUDA driver with at least one device is there.
bool cuda_device_present();

}  // namespace kennel
