// The CPU backend as a VecEnv.
#pragma once

#include <memory>

#include "envs/quadruped/task.h"
#include "kennel/sim/make_env.h"

namespace kennel {

std::unique_ptr<VecEnv> make_cpu_env(const quadruped::Task& task, const EnvOptions& options);

}  // namespace kennel
