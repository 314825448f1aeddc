// What following a command earns, by the command's size.
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "tests/sim/batch_fixture.h"

namespace kennel::testing {
namespace {

using namespace quadruped;

struct Motion {
  float vx = 0, vy = 0, yaw = 0;  // m/s, rad/s, base frame
};

/// A tracking term of a robot that moves so, told to move so.
template <class Term>
float term(Term&& value, const RewardConfig& config, const Motion& told, const Motion& moves) {
  EnvState<float, AllLegs> state{};
  state.command[0] = told.vx;
  state.command[1] = told.vy;
  state.command[2] = told.yaw;
  const StepReport<float, AllLegs> report{};
  const StepView<float, AllLegs> view{
      state, report, {moves.vx, moves.vy, 0}, {0, 0, moves.yaw}, {}, {}, {}, {}};
  return value(config, view);
}

const auto kVelocity = [](const auto& config, const auto& view) {
  return Walk::track_velocity(config.shape, view);
};
const auto kYaw = [](const auto& config, const auto& view) {
  return Walk::track_yaw(config.shape, view);
};

/// Squared width of the velocity kernel under a command, from what a small error costs.
float velocity_width(const RewardConfig& config, const Motion& told) {
  Motion off = told;
  off.vy += 0.1f;
  return -0.01f / std::log(term(kVelocity, config, told, off));
}

/// Of the narrow half of the yaw kernel.
float yaw_width(const RewardConfig& config, float told) {
  const float e2 = 0.01f;
  const float wide = std::exp(-e2 / config.shape[Walk::kYawWideSigma2]);
  return -e2 / std::log(2 * term(kYaw, config, {0, 0, told}, {0, 0, told + 0.1f}) - wide);
}

TEST(TrackingKernels, AreAsWideAsTheCommandAsks) {
  const RewardConfig config;
  EXPECT_NEAR(velocity_width(config, {0.3f, -0.4f, 0}), 0.0625f, 1e-4f) << "a quarter of 0.5^2";
  EXPECT_NEAR(velocity_width(config, {0.1f, 0.1f, 0}), 0.02f, 1e-4f) << "held from below";
  EXPECT_NEAR(velocity_width(config, {2.0f, 0, 0}), 0.25f, 1e-3f) << "and from above";
  EXPECT_NEAR(velocity_width(config, {0.1f, 0, 2.0f}), 0.02f, 1e-4f) << "turning is no speed";
  EXPECT_NEAR(yaw_width(config, 0.8f), 0.16f, 1e-3f);
  EXPECT_NEAR(yaw_width(config, -0.8f), 0.16f, 1e-3f);
  EXPECT_NEAR(yaw_width(config, 0.1f), 0.05f, 1e-3f);
  EXPECT_NEAR(yaw_width(config, 2.0f), 0.25f, 2e-3f);
}

TEST(TrackingKernels, AreFixedWhereTheRecipeTakesNoShareOfTheCommand) {
  RewardConfig config;
  config.shape[Walk::kKernelCommandShare] = 0;
  for (const float vx : {0.1f, 0.5f, 2.0f})
    EXPECT_NEAR(velocity_width(config, {vx, 0, 0}), 0.25f, 1e-3f);
  EXPECT_NEAR(yaw_width(config, 0.1f), 0.25f, 2e-3f);
}

TEST(TrackingKernels, PayARobotThatStandsStillAtAQuarterMetreASecondLittle) {
  const Motion slow{0.25f, 0, 0}, walks{0.22f, 0, 0}, stands{};
  const RewardConfig config;
  EXPECT_GT(term(kVelocity, config, slow, walks), 0.9f);
  EXPECT_LT(term(kVelocity, config, slow, stands), 0.1f);
  EXPECT_EQ(term(kVelocity, config, stands, stands), 1.0f) << "told to stand, it may";
  RewardConfig fixed;
  fixed.shape[Walk::kKernelCommandShare] = 0;
  EXPECT_GT(term(kVelocity, fixed, slow, stands), 0.75f) << "which is the fault";
  EXPECT_GT(term(kYaw, config, {0, 0, 0.3f}, {0, 0, 0.27f}),
            term(kYaw, config, {0, 0, 0.3f}, stands) + 0.3f);
}

TEST(TrackingKernels, CountErrorsEvenlyAsTheCommandAges) {
  EnvConfig config = quiet_config();
  const auto values = [&](float age) {
    const Task task = task_of(config);
    EnvState<float, AllLegs> state{};
    state.command[0] = 0.4f;
    state.command[2] = 1.0f;
    state.command_age = age / task.control_dt;
    const StepReport<float, AllLegs> report{};
    const StepView<float, AllLegs> view{state, report, {}, {}, {}, {}, {}, {}};
    float value[Walk::kNumRewards];
    Walk::rewards(task, schedule_at(task.config, 0), view, AllLegs{}, value);
    return std::array{value[Walk::kTrackVelocity], value[Walk::kTrackYaw]};
  };
  const auto at_once = values(0.0f);
  EXPECT_LT(at_once[0], 0.1f);
  EXPECT_EQ(values(3.0f), at_once);
  config.reward.shape[Walk::kSettleSeconds] = 0.5f;
  for (const float age : {0.0f, 0.1f, 0.25f, 0.5f, 3.0f})
    for (int term = 0; term < 2; ++term)
      EXPECT_NEAR(1 - values(age)[term], std::min(age / 0.5f, 1.0f) * (1 - at_once[term]), 1e-5f)
          << age;
}

TEST(TrackingKernels, WhoseBoundsCrossAreRefusedByName) {
  EnvConfig config = quiet_config();
  config.reward.shape[Walk::kYawSigma2] = 0.04f;
  EXPECT_THROW(task_of(config), Error);
  config.reward.shape[Walk::kKernelCommandShare] = 0;  // what the message says to try
  EXPECT_NO_THROW(task_of(config));
}

TEST(TrackingKernels, WhoseBoundsCrossLateInTrainingAreRefusedAsWell) {
  EnvConfig config = quiet_config();
  const auto refusal = [&] {
    try {
      task_of(config);
      return std::string();
    } catch (const Error& error) {
      return std::string(error.what());
    }
  };
  config.late_reward.shape_factor[Walk::kYawSigma2] = 0.1f;
  EXPECT_NE(refusal().find("env.reward times env.late_reward: "), std::string::npos) << refusal();
  config.late_reward.shape_factor[Walk::kYawSigma2Min] = 0.1f;
  EXPECT_EQ(refusal(), "");
  config.late_reward.shape_factor[Walk::kYawSigma2Min] = 0.01f;
  EXPECT_NE(refusal().find("env.late_reward.yaw_sigma2_min = 0.01 makes"), std::string::npos)
      << "out of its bounds: " << refusal();
  config.late_reward.shape_factor[Walk::kYawSigma2Min] = 0.1f;
  config.late_reward.shape_factor[Walk::kSettleSeconds] = 2.0f;
  EXPECT_NE(refusal().find("env.late_reward.settle_seconds = 2 multiplies"), std::string::npos)
      << "0 stays 0: " << refusal();
  config.late_reward.shape_factor[Walk::kSettleSeconds] = 1.0f;  // what the message says to try
  EXPECT_EQ(refusal(), "");
}

/// The value of "trot" where these feet are down, front right, front left, back right, back left.
float trot(const std::array<float, kNumLegs>& down, const Motion& told) {
  const Task task = task_of(quiet_config());
  EnvState<float, AllLegs> state{};
  state.command[0] = told.vx;
  state.command[1] = told.vy;
  state.command[2] = told.yaw;
  const StepReport<float, AllLegs> report{};
  StepView<float, AllLegs> view{state, report, {}, {}, {}, {}, {}, {}};
  for (int leg = 0; leg < kNumLegs; ++leg) view.leg[leg].foot_contact = down[leg];
  float value[Walk::kNumRewards];
  Walk::rewards(task, schedule_at(task.config, 0), view, AllLegs{}, value);
  return value[Walk::kTrot];
}

TEST(TrotReward, IsForOneDiagonalPairDownAndTheOtherUp) {
  const Motion ahead{0.3f, 0, 0};
  EXPECT_EQ(trot({1, 0, 0, 1}, ahead), 1.0f);
  EXPECT_EQ(trot({0, 1, 1, 0}, ahead), 1.0f);
  EXPECT_EQ(trot({1, 1, 1, 1}, ahead), 0.0f) << "standing";
  EXPECT_EQ(trot({0, 0, 0, 0}, ahead), 0.0f) << "jumping";
  EXPECT_EQ(trot({1, 0, 1, 0}, ahead), 0.0f) << "pacing";
  EXPECT_EQ(trot({1, 1, 0, 0}, ahead), 0.0f) << "bounding";
  EXPECT_EQ(trot({1, 1, 1, 0}, ahead), 0.25f);
  EXPECT_EQ(trot({1, 0, 0, 0}, ahead), 0.25f);
  EXPECT_EQ(trot({1, 0, 0, 1}, {}), 0.0f) << "told to stand";
  EXPECT_EQ(trot({1, 0, 0, 1}, {0, 0, 1.0f}), 1.0f) << "turning asks for steps, too";
}

}  // namespace
}  // namespace kennel::testing
