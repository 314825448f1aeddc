// Delays, to the physics step.
#include <gtest/gtest.h>

#include <cstring>

#include "envs/robots.h"
#include "tests/sim/batch_fixture.h"

namespace kennel::testing {
namespace {

using namespace quadruped;
constexpr float kTimestep = 0.004f;
constexpr float kSameMath =
    1e-5f;  // the compiler may contract two copies of one formula differently
using State = EnvState<float, AllLegs>;

EnvConfig with_latency(int action_steps, int imu_steps) {
  EnvConfig config = quiet_config();
  const float action = kTimestep * static_cast<float>(action_steps),
              imu = kTimestep * static_cast<float>(imu_steps);
  config.randomization.action_latency = {action, action};
  config.randomization.imu_latency = {imu, imu};
  return config;
}

class Latency : public ::testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(ZeroToTwoControlSteps, Latency, ::testing::Range(0, 11));

TEST_P(Latency, EachPhysicsStepAppliesTheActionThatHasArrived) {
  const int delay = GetParam(), n = 5;
  const Task task = task_of(with_latency(delay, 0));
  State s{};
  s.episode = 1;
  FrameHistory<float> history;
  reset_env<float, AllLegs>(task, {}, s, history);
  ASSERT_EQ(s.action_delay, static_cast<float>(delay));
  for (int age = 0; age < 3; ++age) s.leg[1].action[age][2] = 0.1f * static_cast<float>(age + 1);
  for (int k = 0; k < n; ++k) {
    const int age = (std::max(0, delay - k) + n - 1) / n;
    float target[kNumLegs][kJointsPerLeg];
    arrived_targets<float, AllLegs>(task, {}, k, s, target);
    EXPECT_FLOAT_EQ(target[1][2], pupper_v3::kRobot.pose[5] + task.config.task.action_scale * 0.1f *
                                                                  static_cast<float>(age + 1))
        << k;
  }
}

TEST_P(Latency, AnImpulseInTheActionMovesTheRobotInExactlyTheConfiguredControlStep) {
  const int delay = GetParam(), impulse_at = 3;
  const int acts_at =
      impulse_at + delay / 5;  // within this control step, after delay % 5 physics steps
  SmallBatch still(with_latency(delay, 0), 2), kicked(with_latency(delay, 0), 2);
  for (int t = 0; t < 8; ++t) {
    kicked.action.assign(kicked.action.size(), t == impulse_at ? 1.0f : 0.0f);
    still.step();
    kicked.step();
    const auto a = still.batch.env(1).physics, b = kicked.batch.env(1).physics;
    EXPECT_EQ(std::memcmp(&a, &b, sizeof a) == 0, t < acts_at) << "control step " << t;
  }
}

TEST_P(Latency, TheObservationReadsTheImuThatManyPhysicsStepsEarlier) {
  const int delay = GetParam(), n = 5, control_steps = 4;
  const Task task = task_of(with_latency(0, delay));
  State s{};
  s.episode = 1;
  FrameHistory<float> history;
  reset_env<float, AllLegs>(task, {}, s, history);
  s.physics.omega = {0.5f, -1.0f, 2.0f};
  s.imu_early = true_imu(s.physics);
  PhysicsState<float, AllLegs> reference = s.physics;
  std::vector<ImuSample<float>> samples = {
      true_imu(reference)};  // after 0, 1, 2, ... physics steps
  StepReport<float, AllLegs> report;
  for (int t = 1; t <= control_steps; ++t) {
    ImuSample<float> arrived;
    quadruped::simulate<float, AllLegs>(task, {}, s, arrived, report);
    float target[kNumLegs][kJointsPerLeg];
    for (int k = 0; k < n; ++k) {
      arrived_targets<float, AllLegs>(task, {}, k, s, target);
      kennel::step<float, AllLegs>(task.model, task.solver, s.params, target, {}, reference,
                                   report);
      samples.push_back(true_imu(reference));
    }
    const ImuSample<float>& expected = samples[std::max(0, t * n - delay)];
    EXPECT_NEAR(arrived.gyro.x, expected.gyro.x, kSameMath) << "after control step " << t;
    EXPECT_NEAR(arrived.gyro.z, expected.gyro.z, kSameMath);
    EXPECT_NEAR(arrived.gravity.y, expected.gravity.y, kSameMath);
  }
}

TEST(LatencyJitter, DrawsEveryDelayOfItsRangeAndKeepsToIt) {
  EnvConfig config = quiet_config();
  config.randomization.action_latency = {0.0f, 0.02f};
  config.randomization.imu_latency = {0.004f, 0.012f};
  config.randomization.latency_jitter = true;
  SmallBatch run(config, 16);
  bool seen[6] = {};
  for (int t = 0; t < 30; ++t) {
    run.step();
    for (int e = 0; e < 16; ++e) {
      const auto s = run.batch.env(e);
      ASSERT_GE(s.imu_delay, 1.0f);
      ASSERT_LE(s.imu_delay, 3.0f);
      ASSERT_LE(s.action_delay, 5.0f);
      seen[static_cast<int>(s.action_delay)] = true;
    }
  }
  for (bool delay : seen) EXPECT_TRUE(delay);
}

TEST(LatencyRange, BeyondTwoControlStepsIsRefused) {
  EnvConfig config = quiet_config();
  config.randomization.action_latency = {0.0f, 0.05f};
  EXPECT_THROW(task_of(config), Error);
}

}  // namespace
}  // namespace kennel::testing
