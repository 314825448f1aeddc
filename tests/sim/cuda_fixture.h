// What the tests of the CUDA backend share.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "kennel/core/cuda_plugin.h"
#include "kennel/sim/cuda_entry.h"
#include "kennel/sim/make_env.h"

#define NEEDS_CUDA() \
  if (!kennel::cuda_device_present()) GTEST_SKIP() << "no CUDA device or driver on this machine"

namespace kennel::testing {

/// Environments on a device, reset once.
inline std::unique_ptr<VecEnv> env_on(const std::string& device, int num_envs, std::uint64_t seed,
                                      const EnvConfig& config = {}) {
  EnvOptions options;
  options.device = device;
  options.num_envs = num_envs;
  options.seed = seed;
  std::unique_ptr<VecEnv> env = make_env(config, options);
  env->set_progress(1.0);  // what schedules switch on is on
  env->reset();
  return env;
}

/// Actions (num_envs, 12) that differ between environments, joints and times.
inline torch::Tensor waves(int t, int num_envs, double size = 0.5) {
  return size * torch::sin(0.3 * t + torch::arange(12 * num_envs).to(torch::kFloat32))
                    .reshape({num_envs, 12});
}

/// What two environments wrote last is the same, bit for bit.
inline void expect_same_bits(const VecEnv& a, const VecEnv& b) {
  const StepBuffers &x = a.buffers(), &y = b.buffers();
  EXPECT_TRUE(torch::equal(x.obs, y.obs));
  EXPECT_TRUE(torch::equal(x.privileged_obs, y.privileged_obs));
  EXPECT_TRUE(torch::equal(x.reward, y.reward));
  EXPECT_TRUE(torch::equal(x.terminated, y.terminated));
  EXPECT_TRUE(torch::equal(x.truncated, y.truncated));
  EXPECT_TRUE(torch::equal(x.command_changed, y.command_changed));
}

/// A recipe in which everything happens often: time-outs, new commands, pushes.
inline EnvConfig busy_config() {
  EnvConfig config;
  config.task.episode_seconds = 0.2f;  // ten control steps
  config.command.change_probability = 0.2f;
  config.command.change_from = 0.0f;
  config.randomization.push_seconds = 0.1f;
  config.command.change_at_push = 0.6f;
  config.randomization.nominal_fraction = 0.3f;
  config.reward.shape[quadruped::WalkRow::kSettleSeconds] = 0.1f;
  return config;
}

}  // namespace kennel::testing
