// The CUDA backend is a shared library of its own, libkennel_cuda.so, loaded when a GPU is asked
// for: a machine without one neither waits for nvcc nor for LibTorch's CUDA libraries at each
// start.
#pragma once

#include <string>
#include <vector>

#include "envs/pupper_v3/task.h"
#include "kennel/sim/open_loop.h"

namespace kennel {

class VecEnv;
struct EnvOptions;

/// The plugin's entry points.
/// \throws Error when the device cannot be used
extern "C" VecEnv* kennel_make_cuda_env(const pupper::Task* task, const EnvOptions* options);
extern "C" void kennel_open_loop_cuda(const Quadruped<float>* model, const OpenLoop* run,
                                      int device, std::vector<double>* out);

/// Loads the plugin and looks up an entry point.
/// \param device  what messages call the device
/// \throws Error when there is no plugin, no driver or no device
void* cuda_entry_point(const char* name, const std::string& device);

/// Whether a CUDA driver with at least one device is there.
bool cuda_device_present();

}  // namespace kennel
