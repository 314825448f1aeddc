// Every table of operations trains alike: what runs on a GPU, run on CPU tensors, against what runs
// on the CPU.
#include "kennel/rl/learner_ops.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

#include "envs/robots.h"
#include "kennel/rl/cuda_entry.h"
#include "kennel/sim/make_env.h"
#include "tests/learners/make_ppo.h"
#include "tests/rl/point_mass_env.h"

namespace kennel::learner_ops_test {
namespace {

// Rounding in another order, through one iteration of 12 Adam steps, which turn a gradient of any
// size into a step: a share of the way that the parameters went.
constexpr double kParameterTolerance = 0.05;
constexpr double kAdvantageTolerance = 2e-3;  // in units of their deviation

PpoConfig small_config() {
  PpoConfig config;
  config.rollout.num_steps = 40;
  config.num_minibatches = 4;
  config.network.actor_hidden = {16, 16};
  config.network.critic_hidden = {16};
  config.network.symmetric = true;
  return config;
}

/// The point mass seen through bfloat16.
class BFloat16Mass final : public VecEnv {
 public:
  explicit BFloat16Mass(int num_envs) : mass_(num_envs), spec_(mass_.spec()) {
    spec_.bfloat16_obs = true;
  }
  const EnvSpec& spec() const override { return spec_; }
  torch::Device device() const override { return torch::kCPU; }
  const StepBuffers& buffers() const override { return slots_; }
  void bind(const StepBuffers& slots) override {
    slots_ = slots;
    StepBuffers numbers;
    numbers.reward = slots.reward;
    numbers.terminated = slots.terminated;
    numbers.truncated = slots.truncated;
    mass_.bind(numbers);
  }
  void reset() override {
    mass_.reset();
    copy_observations();
  }
  void step(const torch::Tensor& action) override {
    mass_.step(action);
    copy_observations();
  }
  void set_progress(double) override {}
  std::vector<Stat> drain_stats() override { return {}; }
  torch::Tensor save_state() const override { return mass_.save_state(); }
  void load_state(const torch::Tensor& state) override { mass_.load_state(state); }

 private:
  void copy_observations() {
    slots_.obs.copy_(mass_.buffers().obs);
    slots_.privileged_obs.copy_(mass_.buffers().privileged_obs);
    if (slots_.final_privileged_obs.defined())
      slots_.final_privileged_obs.copy_(mass_.buffers().final_privileged_obs);
  }

  PointMassEnv mass_;
  EnvSpec spec_;
  StepBuffers slots_;
};

/// torch_ops in slices of any size.
LearnerOps torch_ops_in_slices(std::int64_t rows_a_slice) {
  LearnerOps ops = torch_ops();
  ops.rows_a_slice.act = ops.rows_a_slice.value = ops.rows_a_slice.update =
      ops.rows_a_slice.moments = rows_a_slice;
  return ops;
}

/// One trained iteration.
struct Trained {
  torch::Tensor change, advantage, obs_statistics;
  IterationReport report;
};

Trained train(VecEnv& env, const LearnerOps& ops) {
  Ppo learner = ppo_of(env, small_config(), 3,
                       {.mirrors = PointMassEnv::mirrors(), .num_threads = 1, .ops = ops});
  const torch::Tensor before = learner.networks().parameters().clone();
  Trained trained;
  trained.report = learner.iterate();
  trained.change = learner.networks().parameters() - before;
  trained.advantage = learner.rollout().batch().samples.advantage.clone();
  trained.obs_statistics = learner.obs_normaliser().state();
  return trained;
}

void expect_alike(const Trained& a, const Trained& b) {
  EXPECT_GT(a.change.norm().item<double>(), 0.05);
  EXPECT_LT((a.change - b.change).norm().item<double>(),
            kParameterTolerance * a.change.norm().item<double>());
  EXPECT_LT((a.advantage - b.advantage).abs().max().item<double>(), kAdvantageTolerance);
  EXPECT_TRUE(torch::allclose(a.obs_statistics, b.obs_statistics, 1e-5, 1e-4));
  EXPECT_NEAR(a.report.mean_reward, b.report.mean_reward, 1e-5);
  const auto expect_near = [&](const char* name, double relative, double absolute) {
    const double expected = a.report.at(name);
    EXPECT_NEAR(expected, b.report.at(name), relative * std::abs(expected) + absolute) << name;
  };
  expect_near("train/kl", 1e-2, 1e-6);
  expect_near("train/value_loss", 1e-3, 0);
  expect_near("train/grad_norm", 1e-3, 0);
  expect_near("train/surrogate_loss", 0, 1e-4);
  expect_near("train/clip_fraction", 0, 2e-3);
  expect_near("train/learning_rate", 0, 0);
}

TEST(LearnerOps, OfTorchAndOfTheCpuTrainAlikeInOneSliceAndInMany) {
  constexpr int kNumEnvs = 300;
  PointMassEnv env(kNumEnvs);
  const Trained cpu = train(env, cpu_ops());
  for (const std::int64_t rows : {std::int64_t{1} << 18, std::int64_t{700}}) {
    PointMassEnv same(kNumEnvs);
    expect_alike(cpu, train(same, torch_ops_in_slices(rows)));
  }
}

/// The CUDA backend's table in slices of any size; its kernels run on the host.
LearnerOps cuda_ops_in_slices(std::int64_t rows_a_slice) {
  LearnerOps ops = *kennel_cuda_learner_ops();
  ops.rows_a_slice = torch_ops_in_slices(rows_a_slice).rows_a_slice;
  return ops;
}

TEST(LearnerOps, OfCudaTrainsAsThatOfTheCpuDoesInOneSliceAndInMany) {
  constexpr int kNumEnvs = 300;
  PointMassEnv env(kNumEnvs);
  const Trained cpu = train(env, cpu_ops());
  for (const std::int64_t rows : {std::int64_t{1} << 18, std::int64_t{700}}) {
    PointMassEnv same(kNumEnvs), again(kNumEnvs);
    const Trained cuda = train(same, cuda_ops_in_slices(rows));
    expect_alike(cpu, cuda);
    EXPECT_TRUE(torch::equal(cuda.change, train(again, cuda_ops_in_slices(rows)).change));
  }
}

TEST(LearnerOps, OfCudaTrainsAsThatOfTheCpuDoesOnObservationsInBFloat16) {
  BFloat16Mass env(300), same(300);
  expect_alike(train(env, cpu_ops()), train(same, cuda_ops_in_slices(700)));
}

TEST(LearnerOps, OfTorchAndOfTheCpuTrainAlikeOnObservationsInBFloat16) {
  BFloat16Mass env(300), same(300);
  expect_alike(train(env, cpu_ops()), train(same, torch_ops_in_slices(700)));
}

TEST(LearnerOps, SetFlagsAreFoundAllAtOnceOrAsManyAsThereIsRoomFor) {
  const torch::Tensor flags = torch::tensor({0.0f, 1.0f, 1.0f, 0.0f, 1.0f});
  EXPECT_TRUE(torch::equal(cpu_ops().set_flags(flags, 2), torch::tensor({1, 2, 4}, torch::kInt64)));
  EXPECT_TRUE(torch::equal(torch_ops().set_flags(flags, 2), torch::tensor({1, 2}, torch::kInt64)));
  EXPECT_TRUE(
      torch::equal(torch_ops().set_flags(flags, 4), torch::tensor({1, 2, 4, 5}, torch::kInt64)));
}

TEST(LearnerOps, TenIterationsOfTheRobotTrainAlike) {
  double reward[3], std[3];
  const LearnerOps torch_like = torch_ops_in_slices(1 << 18);
  const LearnerOps cuda_like = cuda_ops_in_slices(1 << 18);
  const LearnerOps* tables[] = {&cpu_ops(), &torch_like, &cuda_like};
  for (const int k : {0, 1, 2}) {
    EnvOptions options;
    options.num_envs = 48;
    options.device = "cpu";
    options.num_threads = 1;
    const EnvConfig env_config;
    const std::unique_ptr<VecEnv> env = make_env(env_config, options);
    PpoConfig config;
    config.network.symmetric = true;
    Ppo learner = ppo_of(*env, config, 1,
                         {.mirrors = quadruped_mirrors(robot_named(kDefaultRobot), env_config),
                          .num_threads = 1,
                          .ops = *tables[k]});
    reward[k] = 0;
    for (int iteration = 0; iteration < 10; ++iteration) {
      const IterationReport report = learner.iterate();
      EXPECT_EQ(report.at("train/skipped_updates"), 0);
      reward[k] += report.mean_reward / 10;
      std[k] = report.at("train/std");
    }
  }
  // Rounding grows on the way; the course stays.
  for (const int k : {1, 2}) {
    EXPECT_NEAR(reward[0], reward[k], 0.1 * std::abs(reward[0]) + 0.02) << tables[k]->name;
    EXPECT_NEAR(std[0], std[k], 0.02) << tables[k]->name;
  }
}

}  // namespace
}  // namespace kennel::learner_ops_test
