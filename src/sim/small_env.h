// The small tasks as a VecEnv.
#pragma once

#include <memory>

#include "envs/small/task.h"
#include "kennel/sim/make_env.h"

namespace kennel {

/// \param device  where the tensors are; the arithmetic is always the CPU's, and its bits the same
std::unique_ptr<VecEnv> make_small_env(const small::TaskRow& task, const EnvOptions& options,
                                       torch::Device device);

}  // namespace kennel
