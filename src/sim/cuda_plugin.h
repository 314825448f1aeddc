// The CUDA backend is a shared library of its own, libkennel_cuda.so, loaded when a GPU is asked for: a machine without one
// neither waits for nvcc nor for LibTorch's CUDA libraries at each start.
#pragma once

#include <memory>

#include "envs/pupper_v3/task.h"
#include "kennel/sim/make_env.h"

namespace kennel {

/// The plugin's one entry point. \throws Error when the device cannot be used
extern "C" VecEnv* kennel_make_cuda_env(const pupper::Task* task, const EnvOptions* options);
inline constexpr char kCudaEntryPoint[] = "kennel_make_cuda_env";

/// Loads the plugin and makes the environments on `options.device` (cuda or cuda:N).
/// \throws Error when there is no plugin, no driver or no such device
std::unique_ptr<VecEnv> make_cuda_env(const pupper::Task& task, const EnvOptions& options);

/// Whether a CUDA driver with at least one device is there.
bool cuda_device_present();

}  // namespace kennel
