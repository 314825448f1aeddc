// What the CUDA backend's plugin offers to `make_env`.
#pragma once

#include "envs/quadruped/task.h"
#include "kennel/sim/make_env.h"

namespace kennel {

/// A batch on a CUDA device, which the caller owns.
/// \throws Error when the device cannot be used
extern "C" VecEnv* kennel_make_cuda_env(const quadruped::Task* task, const EnvOptions* options);

/// Looks for a device, for environments whose tensors alone are there.
/// \param name   "cuda", "cuda:N" or "auto"
/// \param index  set to its number
/// \throws Error when the device cannot be used
extern "C" void kennel_usable_cuda_device(const std::string* name, int* index);

}  // namespace kennel
