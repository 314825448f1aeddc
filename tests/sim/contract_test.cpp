// The VecEnv contract, on the backend's own memory.
#include <gtest/gtest.h>

#include <cstring>

#include "tests/sim/batch_fixture.h"

namespace kennel::testing {
namespace {

using namespace quadruped;
constexpr int kLastAction = offset_in(kFrame, "last_action"),
              kCommand = offset_in(kFrame, "command");

TEST(VecEnv, TruncatedEpisodeReturnsItsOwnFinalObservation) {
  EnvConfig config = quiet_config();
  config.task.episode_seconds = 0.1f;  // five control steps
  SmallBatch run(config, 5);
  for (int t = 1; t <= 5; ++t) {
    std::fill(run.action.begin(), run.action.end(), 0.1f * static_cast<float>(t));
    run.step();
    for (int e = 0; e < 5; ++e) {
      EXPECT_EQ(run.truncated[e], t == 5 ? 1.0f : 0.0f);
      EXPECT_EQ(run.terminated[e], 0.0f);
    }
  }
  EXPECT_FLOAT_EQ(run.final_row(2)[kLastAction], 0.5f) << "the ended episode's last action";
  EXPECT_EQ(run.obs_row(2)[kLastAction], 0.0f) << "the new episode has not acted yet";
  EXPECT_EQ(run.obs_row(2)[kFrameSize + offset_in(kFrame, "projected_gravity") + 2], -1.0f)
      << "an empty history points down";
}

TEST(VecEnv, AFallTerminatesAndIsNeverTruncatedToo) {
  EnvConfig config = quiet_config();
  config.task.max_tilt = 0.05f;
  config.task.episode_seconds = 0.02f;  // the clock runs out in the same step
  config.randomization.start_tilt = {0.3f, 0.3f};
  SmallBatch run(config, 3);
  run.step();
  for (int e = 0; e < 3; ++e) {
    EXPECT_EQ(run.terminated[e], 1.0f);
    EXPECT_EQ(run.truncated[e], 0.0f);
  }
  EXPECT_EQ(run.batch.drain_stats().falls, 3);
}

TEST(VecEnv, EachEpisodeStartsInAFreshRandomState) {
  EnvConfig config;
  config.task.episode_seconds = 0.02f;
  SmallBatch run(config, 4);
  std::vector<float> first = run.obs;
  run.step();
  EXPECT_NE(std::memcmp(first.data(), run.obs.data(), first.size() * sizeof(float)), 0);
  for (int e = 0; e < 4; ++e) EXPECT_EQ(run.batch.env(e).episode, 2u);
}

TEST(VecEnv, ANewCommandIsSaidApartAndTheRobotGoesOn) {
  EnvConfig config = quiet_config();
  config.command.change_probability = 1.0f;
  config.command.standing_fraction = 0.0f;
  SmallBatch run(config, 4);
  run.batch.set_commands_change(true);
  const std::vector<float> before = run.obs;
  run.step_with_waves();
  for (int e = 0; e < 4; ++e) {
    EXPECT_EQ(run.command_changed[e], 1.0f);
    EXPECT_EQ(run.truncated[e], 0.0f) << "by time only";
    EXPECT_EQ(run.final_row(e)[kCommand], before[e * run.task.obs_size + kCommand])
        << "the old command";
    EXPECT_NE(run.obs_row(e)[kCommand], run.final_row(e)[kCommand]) << "the new one";
    EXPECT_EQ(run.obs_row(e)[kLastAction], run.final_row(e)[kLastAction]) << "the same robot";
    EXPECT_EQ(run.batch.env(e).episode, 1u);
    EXPECT_EQ(run.batch.env(e).step, 1.0f);
  }
  const std::vector<float> told(run.obs);
  run.step_with_waves();
  EXPECT_EQ(run.final_row(1)[kFrameSize + kCommand], told[run.task.obs_size + kCommand])
      << "history holds what was observed";
}

TEST(VecEnv, AnEnvironmentThatDivergesIsResetAndCountedAndNeverSpreads) {
  SmallBatch healthy(EnvConfig{}, 2 * kNativeWidth), sick(EnvConfig{}, 2 * kNativeWidth);
  for (int t = 0; t < 6; ++t) {
    healthy.step_with_waves();
    if (t != 3) {
      sick.step_with_waves();
      continue;
    }
    for (int e = 0; e < sick.n; ++e)
      for (int k = 0; k < kNumJoints; ++k)
        sick.action[e * kNumJoints + k] =
            0.8f * std::sin(0.7f * static_cast<float>(sick.time) + static_cast<float>(k * (e + 1)));
    sick.action[3 * kNumJoints + 5] = NAN;
    sick.step();
    EXPECT_EQ(sick.terminated[3], 1.0f);
    EXPECT_EQ(sick.reward[3], 0.0f);
    EXPECT_EQ(sick.final_row(3)[0], 0.0f);
    EXPECT_TRUE(std::isfinite(sick.obs_row(3)[0]));
  }
  EXPECT_EQ(sick.batch.drain_stats().diverged, 1);
  EXPECT_EQ(sick.batch.first_divergence().value().env, 3);
  EXPECT_FALSE(healthy.batch.first_divergence().has_value());
  for (int e = 0; e < healthy.n; ++e)
    EXPECT_EQ(std::memcmp(healthy.obs_row(e), sick.obs_row(e),
                          healthy.task.obs_size * sizeof(float)) == 0,
              e != 3)
        << e;
}

TEST(VecEnv, RewardIsTheWeightedSumOfItsLoggedTerms) {
  EnvConfig config;
  config.reward.only_positive = false;
  SmallBatch run(config, 40);
  double total = 0;
  for (int t = 0; t < 20; ++t) {
    run.step_with_waves(0.3f);
    for (float r : run.reward) total += r;
  }
  const auto stats = run.batch.drain_stats();
  double sum = 0;
  for (int i = 0; i < WalkRow::kNumRewards; ++i)
    sum += run.task.control_dt * config.reward.weight[i] * stats.reward[i];
  EXPECT_NEAR(stats.total_reward, total, 1e-3);
  EXPECT_NEAR(sum, total, 1e-3 * (1 + std::abs(total)));
}

TEST(Batch, AnEnvironmentsPlaceInTheBatchDoesNotMatterBitwise) {
  SmallBatch all(EnvConfig{}, 45), few(EnvConfig{}, 3, 17);
  all.batch.set_commands_change(true);
  few.batch.set_commands_change(true);
  for (int t = 0; t < 120; ++t) {
    all.step_with_waves();
    few.step_with_waves();
  }
  for (int e = 0; e < 3; ++e) {
    EXPECT_EQ(std::memcmp(few.obs_row(e), all.obs_row(17 + e), few.task.obs_size * sizeof(float)),
              0)
        << e;
    EXPECT_EQ(few.reward[e], all.reward[17 + e]);
  }
}

TEST(Batch, TheNumberOfThreadsDoesNotMatterBitwise) {
  SmallBatch one(EnvConfig{}, 100, 0, 1), three(EnvConfig{}, 100, 0, 3);
  for (int t = 0; t < 60; ++t) {
    one.step_with_waves();
    three.step_with_waves();
  }
  EXPECT_EQ(one.batch.save_state(), three.batch.save_state());
  EXPECT_EQ(one.obs, three.obs);
}

TEST(Batch, ASavedStateContinuesBitwise) {
  SmallBatch whole(EnvConfig{}, 20), resumed(EnvConfig{}, 20);
  for (int t = 0; t < 30; ++t) whole.step_with_waves();
  resumed.batch.load_state(whole.batch.save_state());
  resumed.time = whole.time;
  for (int t = 0; t < 30; ++t) {
    whole.step_with_waves();
    resumed.step_with_waves();
  }
  EXPECT_EQ(whole.obs, resumed.obs);
  EXPECT_EQ(whole.batch.save_state(), resumed.batch.save_state());
}

TEST(Batch, AStateOfAnotherBatchSizeIsRefused) {
  SmallBatch small(EnvConfig{}, 4), large(EnvConfig{}, 5);
  EXPECT_THROW(large.batch.load_state(small.batch.save_state()), Error);
}

TEST(Batch, AnotherSeedGivesOtherNumbers) {
  SmallBatch a(EnvConfig{}, 4, 0, 1, 1), b(EnvConfig{}, 4, 0, 1, 2);
  EXPECT_NE(a.obs, b.obs);
}

}  // namespace
}  // namespace kennel::testing
