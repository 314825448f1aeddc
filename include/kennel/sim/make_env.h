// Making environments on a device: the quadruped's tasks and the small ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "envs/quadruped/config.h"
#include "envs/quadruped/robot.h"
#include "envs/small/task.h"
#include "kennel/contract/mirror.h"
#include "kennel/contract/vec_env.h"
#include "kennel/sim/robot.h"

namespace kennel {

using quadruped::EnvConfig;

struct EnvOptions {
  RobotChoice robot;
  int num_envs = 1024;
  std::uint64_t seed = 1;
  int num_threads = 0;          // of the CPU simulator; 0: one a core. Results do not depend on it.
  std::string device = "auto";  // cpu, cuda, cuda:N, or auto: cuda where a GPU is usable
  std::int64_t first_env_id = 0;  // keys the random numbers of environment 0; the others follow
  // What a learner of these environments will take of the same device's memory, counted with theirs
  // when it is checked that they fit; empty: nothing.
  std::function<std::size_t(const EnvSpec&)> learner_bytes;
};

/// Creates the environments; call `reset` before the first `step`.
/// \throws Error when the model cannot be loaded, recipe and robot do not fit, or the device cannot
/// be used
std::unique_ptr<VecEnv> make_env(const EnvConfig& config, const EnvOptions& options);

/// The same for a caller that needs the robot as well.
/// \param robot  what `load_robot(options.robot)` gave
std::unique_ptr<VecEnv> make_env(const EnvConfig& config, const Robot& robot,
                                 const EnvOptions& options);

/// Environments of a small task; `options.robot` counts for nothing. Results depend neither on the
/// device nor on the number of threads: they are stepped by one thread of the CPU, and on a GPU
/// every step waits for its actions.
/// \param task  of small::kTasks in envs/small/rows.h
std::unique_ptr<VecEnv> make_small_env(const small::TaskRow& task, const EnvOptions& options);

/// Left-right mirror maps of the task's observations and actions.
Mirrors quadruped_mirrors(const quadruped::RobotTraits& robot, const EnvConfig& config);

}  // namespace kennel
