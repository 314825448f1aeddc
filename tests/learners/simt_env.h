// The CUDA backend's environments, run on the host.
#pragma once

#include <memory>

#include "envs/robots.h"
#include "kennel/model/mjcf.h"
#include "kennel/sim/cuda_entry.h"
#include "tests/sim/cuda_fixture.h"

namespace kennel::testing {

inline std::unique_ptr<VecEnv> simt_env(int num_envs, const EnvConfig& config = busy_config()) {
  EnvOptions options;
  options.num_envs = num_envs;
  const Quadruped<float> robot = to_float(load_quadruped(robot_model()).model);
  const quadruped::Task task = quadruped::make_task(config, pupper_v3::kRobot, robot, 1);
  return std::unique_ptr<VecEnv>(kennel_make_cuda_env(&task, &options));
}

}  // namespace kennel::testing
