// The CUDA backend against the CPU backend. Needs a device; says so where there is none.
#include <gtest/gtest.h>

#include "kennel/model/mjcf.h"
#include "kennel/sim/make_env.h"
#include "kennel/sim/open_loop.h"
#include "src/sim/cuda_plugin.h"

namespace kennel {
namespace {

constexpr double kStepTolerance =
    2e-3;  // of observations, CPU pack against GPU thread, after five control steps

#define NEEDS_CUDA() \
  if (!cuda_device_present()) GTEST_SKIP() << "no CUDA device or driver on this machine"

std::unique_ptr<VecEnv> env_on(const std::string& device, int num_envs, std::uint64_t seed) {
  EnvOptions options;
  options.device = device;
  options.num_envs = num_envs;
  options.seed = seed;
  std::unique_ptr<VecEnv> env = make_env(EnvConfig{}, options);
  env->reset();
  return env;
}

torch::Tensor waves(int t, int num_envs) {
  return 0.5 * torch::sin(0.3 * t + torch::arange(12 * num_envs).to(torch::kFloat32))
                   .reshape({num_envs, 12});
}

TEST(CudaEnv, StartsAndStepsLikeTheCpuBackend) {
  NEEDS_CUDA();
  const auto cpu = env_on("cpu", 70, 5), gpu = env_on("cuda", 70, 5);
  EXPECT_LT((cpu->buffers().obs - gpu->buffers().obs.cpu()).abs().max().item<double>(), 1e-4);
  for (int t = 0; t < 5; ++t) {
    const torch::Tensor action = waves(t, 70);
    cpu->step(action);
    gpu->step(action.to(gpu->device()));
  }
  EXPECT_LT((cpu->buffers().obs - gpu->buffers().obs.cpu()).abs().max().item<double>(),
            kStepTolerance);
  EXPECT_LT((cpu->buffers().reward - gpu->buffers().reward.cpu()).abs().max().item<double>(),
            kStepTolerance);
}

TEST(CudaEnv, SameSeedGivesTheSameBitsAtAnyBatchSize) {
  NEEDS_CUDA();
  const auto small = env_on("cuda", 33, 9), large = env_on("cuda", 500, 9);
  for (int t = 0; t < 50; ++t) {
    const torch::Tensor action = waves(t, 500).to(large->device());
    small->step(action.narrow(0, 0, 33).contiguous());
    large->step(action);
  }
  EXPECT_TRUE(torch::equal(small->buffers().obs, large->buffers().obs.narrow(0, 0, 33)));
}

TEST(CudaOpenLoop, FollowsTheFloatTrajectoryOfTheCpu) {
  NEEDS_CUDA();
  const Quadruped<double> exact = load_quadruped(shipped_model()).model;
  const Quadruped<float> model = to_float(exact);
  std::vector<double> init(kNq + kNv, 0.0), ctrl(50 * kNumJoints, 0.1);
  init[2] = 0.17;
  init[3] = 1.0;
  const OpenLoop run{
      .init = init, .ctrl = ctrl, .params = nominal_params<double, AllLegs>(exact, AllLegs{})};
  const std::vector<double> cpu = simulate_float(model, run), gpu = simulate_cuda(model, run);
  ASSERT_EQ(cpu.size(), gpu.size());
  for (int column = 0; column < kNq; ++column)
    EXPECT_NEAR(cpu[50 * kTrajectoryColumns + column], gpu[50 * kTrajectoryColumns + column], 1e-3)
        << column;
}

}  // namespace
}  // namespace kennel
