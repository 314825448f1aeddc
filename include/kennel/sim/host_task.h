// A recipe's robot and task as environments in the host's memory; without LibTorch.
#pragma once

#include <memory>

#include "envs/quadruped/config.h"
#include "envs/small/task.h"
#include "kennel/batch/host_batch.h"
#include "kennel/sim/robot.h"

namespace kennel {

/// Robot and recipe put together, with the warnings that belong to them on standard error.
/// \throws Error when the two do not fit
quadruped::Task make_checked_task(const quadruped::EnvConfig& config, const RobotChoice& choice,
                                  const Robot& robot, std::uint64_t seed);

/// \throws Error unless it is from 1 to kMaxEnvs
void check_num_envs(int num_envs);

/// Environments on the CPU.
/// \throws Error when recipe and robot do not fit, or num_envs is out of range
std::unique_ptr<HostBatch> make_host_batch(const quadruped::Task& task,
                                           const BatchOptions& options);

}  // namespace kennel
