// PPO learns: the toy task is solved within a budget of steps, whatever the seed.
#include <gtest/gtest.h>

#include "tests/learners/make_ppo.h"
#include "tests/rl/point_mass_env.h"

namespace kennel::learning_test {
namespace {

// Without learning a step earns 0.16; the best policies, which need a second or two to arrive,
// 0.93.
constexpr double kSolved = 0.85;
constexpr int kIterations = 60;
constexpr int kNumEnvs = 128;

PpoConfig small_config() {
  PpoConfig config;
  config.rollout.num_steps = 16;
  config.num_minibatches = 4;
  config.num_epochs = 4;
  config.network.actor_hidden = {32, 32};
  config.network.critic_hidden = {32, 32};
  config.entropy_coef = 0.0f;
  config.network.min_log_std = -2.0f;
  config.value_clip = false;  // returns are some 40 here, a step of 0.2 would be too small
  return config;
}

double reward_after_training(const PpoConfig& config, std::uint64_t seed,
                             const LearnerOps& ops = cpu_ops()) {
  PointMassEnv env(kNumEnvs, seed);
  Ppo learner =
      ppo_of(env, config, seed, {.mirrors = PointMassEnv::mirrors(), .num_threads = 0, .ops = ops});
  double reward = 0.0;
  for (int k = 0; k < kIterations; ++k) {
    const IterationReport now = learner.iterate();
    if (k >= kIterations - 5) reward += now.mean_reward / 5;
  }
  return reward;
}

class Learning : public testing::TestWithParam<std::uint64_t> {};

TEST_P(Learning, SolvesThePointMassWithinItsBudget) {
  EXPECT_GT(reward_after_training(small_config(), GetParam()), kSolved);
}

TEST_P(Learning, SolvesThePointMassWithASymmetricNetwork) {
  PpoConfig config = small_config();
  config.network.symmetric = true;
  EXPECT_GT(reward_after_training(config, GetParam()), kSolved);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Learning, testing::Values(1, 2, 3, 4, 5));

TEST(LearningVariants, SolveThePointMassWithEluAnEpochScheduleALinearMeanAndClippedValues) {
  PpoConfig config = small_config();
  config.network.activation = "elu";
  config.lr_schedule = "epoch";
  config.network.squash_mean = false;
  config.value_clip = true;
  EXPECT_GT(reward_after_training(config, 7), kSolved);
}

TEST(LearningVariants, SolveThePointMassByTheOperationsThatAGpuRuns) {
  PpoConfig config = small_config();
  config.network.symmetric = true;
  EXPECT_GT(reward_after_training(config, 7, torch_ops()), kSolved);
}

TEST(LearningVariants, DoNotSolveThePointMassWithoutLearning) {
  PpoConfig config = small_config();
  config.learning_rate = config.min_learning_rate = config.max_learning_rate = 1e-7f;
  EXPECT_LT(reward_after_training(config, 7), 0.5 * kSolved);
}

}  // namespace
}  // namespace kennel::learning_test
