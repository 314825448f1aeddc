// The joystick task: its terms by hand, what it observes, what it tells.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/sim/batch_fixture.h"

namespace kennel::testing {
namespace {

using namespace quadruped;

const int kJoystick = task_index("joystick");
constexpr float kTwoPi = 6.2831853f;

EnvConfig joystick_config() {
  EnvConfig config = quiet_config(kJoystick);
  EXPECT_EQ(config.task.history, 1);
  return config;
}

using State = EnvState<float, AllLegs>;
using View = StepView<float, AllLegs>;

/// A robot in its default pose with its feet so high over the floor, at rest.
State standing(const Task& task, float height) {
  State state{};
  state.physics.orientation = {1, 0, 0, 0};
  for (int k = 0; k < kNumJoints; ++k)
    state.physics.leg[k / kJointsPerLeg].q[k % kJointsPerLeg] = task.default_pose[k];
  state.physics.position.z = height - foot_motion(task, AllLegs{}, state, 0).height;
  return state;
}

struct Terms {
  float value[Joystick::kNumRewards];
};

Terms terms_of(
    const Task& task, const State& state, const StepReport<float, AllLegs>& report,
    void (*alter)(View&) = [](View&) {}) {
  View view{state, report, {}, {}, {}, {0, 0, 1}, {}, {}};
  for (auto& leg : view.leg) leg.foot_contact = 1;
  alter(view);
  Terms terms;
  Joystick::rewards(task, schedule_at(task.config, 0), view, AllLegs{}, terms.value);
  return terms;
}

TEST(JoystickGait, PaysAFootOnTheFloorForRest) {
  const RewardConfig c = joystick_config().reward;
  const auto pays = [&](float speed, float stood) {
    return Joystick::gait<float>(c.shape, {0.01f, {speed, 0, 9}}, 3.0f, stood, -0.6f, 1.0f);
  };
  EXPECT_FLOAT_EQ(pays(0, 1), 1) << "height, load and vertical speed do not matter";
  EXPECT_EQ(pays(0, 0), 0) << "it does not stand";
  EXPECT_NEAR(pays(std::sqrt(c.shape[Joystick::kSlipSigma2]), 1), std::exp(-1.0f), 1e-6f);
}

TEST(JoystickGait, PaysASwingingFootForHeightAndNoLoad) {
  RewardConfig c = joystick_config().reward;
  c.shape[Joystick::kSwingHeight] = 0.06f;
  c.shape[Joystick::kCeiling] = 0.075f;
  c.shape[Joystick::kSwingWidth] = 0.035f;
  c.shape[Joystick::kUnloaded] = 10;
  const auto pays = [&](float height, float force, float lift = 1.0f) {
    return Joystick::gait<float>(c.shape, {height, {}}, force, 1.0f, lift, 1.0f);
  };
  EXPECT_FLOAT_EQ(pays(0.06f, 0), 1);
  EXPECT_FLOAT_EQ(pays(0.07f, 0), 1) << "between the sine and the ceiling";
  EXPECT_NEAR(pays(0.025f, 0), std::exp(-1.0f), 1e-5f) << "a width too low";
  EXPECT_NEAR(pays(0.11f, 0), std::exp(-1.0f), 1e-5f) << "a width above the ceiling";
  EXPECT_NEAR(pays(0.06f, 20), std::exp(-2.0f), 1e-5f);
  EXPECT_FLOAT_EQ(pays(0.03f, 0, 0.5f), 1) << "half way up the sine, the ramp is at its end";
}

TEST(JoystickGait, RampsFromStanceToSwing) {
  RewardConfig c = joystick_config().reward;
  c.shape[Joystick::kSwingHeight] = 0.06f;
  // On the floor a swinging foot earns exp(-load), a standing one 1: three quarters of the one.
  const float lift = 0.25f, low = 0.06f * lift / c.shape[Joystick::kSwingWidth];
  EXPECT_NEAR(Joystick::gait<float>(c.shape, {0, {}}, 0.0f, 1.0f, lift, 1.0f),
              0.75f * std::exp(-low * low) + 0.25f, 1e-5f);
  EXPECT_FLOAT_EQ(Joystick::gait<float>(c.shape, {0, {}}, 0.0f, 1.0f, 0.0f, 0.0f), 1)
      << "told to stand, all of it is stance";
}

TEST(JoystickTerms, OfARobotAtRestThatIsToldToStand) {
  const Task task = task_of(joystick_config());
  const Terms terms = terms_of(task, standing(task, 0), {});
  for (const int full : {Joystick::kTrackVelocity, Joystick::kTrackYaw, Joystick::kPose})
    EXPECT_FLOAT_EQ(terms.value[full], 1) << full;
  EXPECT_NEAR(terms.value[Joystick::kGait], 1, 1e-5f);
  for (int i = Joystick::kTilt; i < Joystick::kNumRewards; ++i) EXPECT_EQ(terms.value[i], 0) << i;
}

TEST(JoystickTerms, TrackWhatIsTold) {
  const Task task = task_of(joystick_config());
  const float(&shape)[kMaxShape] = task.config.reward.shape;
  State state = standing(task, 0);
  state.command[0] = 0.3f;
  state.command[1] = -0.1f;
  state.command[2] = 0.5f;
  const Terms terms = terms_of(task, state, {}, [](View& view) {
    view.velocity_base = {0.5f, 0.1f, 7};
    view.omega_base = {0.3f, -0.4f, 0.1f};
  });
  EXPECT_NEAR(terms.value[Joystick::kTrackVelocity],
              std::exp(-(0.2f * 0.2f + 0.2f * 0.2f) / shape[Joystick::kVelocitySigma2]), 1e-5f);
  EXPECT_NEAR(terms.value[Joystick::kTrackYaw],
              std::exp(-0.4f * 0.4f / shape[Joystick::kYawSigma2]), 1e-5f);
  EXPECT_NEAR(terms.value[Joystick::kRollPitchRate], 0.25f, 1e-6f);
}

TEST(JoystickTerms, CountTiltBounceActionsAndLanding) {
  const Task task = task_of(joystick_config());
  State state = standing(task, 0);
  state.physics.velocity = {0, 0, -0.5f};
  state.leg[1].action[0][2] = 0.5f;
  state.leg[1].action[1][2] = 0.2f;
  const Terms terms = terms_of(task, state, {}, [](View& view) {
    view.up = {0.3f, -0.1f, 0.95f};
    view.leg[0].touch_down = view.leg[3].touch_down = 1;
    for (int leg = 0; leg < kNumLegs; ++leg)
      view.leg[leg].foot_speed2_before = 0.1f * static_cast<float>(leg + 1);
  });
  EXPECT_NEAR(terms.value[Joystick::kTilt], 0.1f, 1e-6f);
  EXPECT_NEAR(terms.value[Joystick::kVerticalVelocity], 0.25f, 1e-6f);
  EXPECT_NEAR(terms.value[Joystick::kActionRate], 0.09f, 1e-6f);
  EXPECT_NEAR(terms.value[Joystick::kLanding], 0.1f + 0.4f, 1e-6f);
}

TEST(JoystickTerms, WeighKneesLessInThePoseAndCountRadiansBeyondLimits) {
  const Task task = task_of(joystick_config());
  State state = standing(task, 0);
  auto& q = state.physics.leg[2].q;
  q[0] += 0.2f;
  q[2] -= 0.3f;
  const Terms off = terms_of(task, state, {});
  EXPECT_NEAR(off.value[Joystick::kPose], std::exp(-(0.04f + 0.1f * 0.09f)), 1e-5f);
  EXPECT_EQ(off.value[Joystick::kJointLimits], 0);
  q[1] = 0.95f * task.model.leg[2].hinge[1].range_low - 0.05f;
  EXPECT_NEAR(terms_of(task, state, {}).value[Joystick::kJointLimits], 0.05f, 1e-5f);
}

TEST(JoystickTerms, FeetThatLeftTheFloorAStepAgoStillStand) {
  const Task task = task_of(joystick_config());
  const State state = standing(task, 0);
  const auto lifted = [](View& view) {
    for (auto& leg : view.leg) leg.foot_contact = 0;
  };
  EXPECT_NEAR(terms_of(task, state, {}, lifted).value[Joystick::kGait], 1, 1e-5f);
  const auto flies = [](View& view) {
    for (auto& leg : view.leg) leg.foot_contact = 0, leg.air_time = 0.02f;
  };
  EXPECT_EQ(terms_of(task, state, {}, flies).value[Joystick::kGait], 0);
}

TEST(FootMotion, IsTheRateOfItsPlace) {
  const Task task = task_of(joystick_config());
  State state = standing(task, 0.02f);
  auto& physics = state.physics;
  physics.orientation = normalised(Quat<float>{1, 0.1f, -0.2f, 0.3f});
  physics.velocity = {0.4f, -0.3f, 0.2f};
  physics.omega = {1.0f, -2.0f, 1.5f};
  for (int k = 0; k < kNumJoints; ++k)
    physics.leg[k / kJointsPerLeg].qd[k % kJointsPerLeg] = 0.5f * static_cast<float>(k % 5 - 2);
  constexpr float kDt = 1e-2f;
  const auto moved = [&](float dt) {
    State later = state;
    later.physics.position = later.physics.position + dt * physics.velocity;
    later.physics.orientation = turned(physics.orientation, physics.omega, dt);
    for (auto& leg : later.physics.leg)
      for (int j = 0; j < kJointsPerLeg; ++j) leg.q[j] += dt * leg.qd[j];
    return later;
  };
  for (int leg = 0; leg < kNumLegs; ++leg) {
    const float before = foot_motion(task, AllLegs{}, moved(-kDt), leg).height,
                after = foot_motion(task, AllLegs{}, moved(kDt), leg).height;
    EXPECT_NEAR(foot_motion(task, AllLegs{}, state, leg).velocity.z, (after - before) / (2 * kDt),
                2e-3f)
        << leg;
  }
}

TEST(JoystickObservation, HoldsTheClockAndHowFastAllMoves) {
  EnvConfig config = joystick_config();
  SmallBatch run(config, 32);
  ASSERT_EQ(run.task.obs_size, kFrameSize + 15);
  for (int t = 0; t < 5; ++t) run.step_with_waves();
  int told = 0;
  for (int e = 0; e < run.n; ++e) {
    const auto state = run.batch.env(e);
    const float* row = run.obs_row(e);
    const Vec3<float> v = to_inner(rotation(state.physics.orientation), state.physics.velocity);
    EXPECT_NEAR(row[kFrameSize], v.x, 1e-5f);
    EXPECT_NEAR(row[kFrameSize + 2], v.z, 1e-5f);
    for (int k = 0; k < kNumJoints; ++k)
      EXPECT_NEAR(row[kFrameSize + 3 + k],
                  0.1f * state.physics.leg[k / kJointsPerLeg].qd[k % kJointsPerLeg], 1e-5f);
    const float* clock = row + kClockAt;
    const float moves = clock[2];
    told += moves == 1;
    EXPECT_NEAR(clock[0] * clock[0] + clock[1] * clock[1], moves, 1e-5f);
    for (int i = 0; i < 3; ++i)
      EXPECT_EQ(clock[i], run.privileged[e * kPrivilegedSize + kClockAt + i]);
  }
  EXPECT_GT(told, 20);
}

TEST(JoystickObservation, ClockTurnsTwiceASecondFromAnywhere) {
  SmallBatch run(joystick_config(), 32);
  const std::vector<float> first = run.obs;
  run.step();
  const float turn = kTwoPi * kTrotHz * run.task.control_dt;
  float least = 1, most = -1;
  for (int e = 0; e < run.n; ++e) {
    const float* before = first.data() + e * run.task.obs_size + kClockAt;
    const float* after = run.obs_row(e) + kClockAt;
    if (before[2] == 0 || run.truncated[e] > 0 || run.terminated[e] > 0) continue;
    EXPECT_NEAR(after[0], before[0] * std::cos(turn) + before[1] * std::sin(turn), 1e-4f) << e;
    least = std::min(least, before[0]);
    most = std::max(most, before[0]);
  }
  EXPECT_LT(least, -0.8f);
  EXPECT_GT(most, 0.8f);
}

TEST(JoystickObservation, IsOfOneFrame) {
  EnvConfig config = joystick_config();
  config.task.history = 2;
  EXPECT_THROW(task_of(config), Error);
}

TEST(JoystickCommand, TellsAxesApart) {
  constexpr int kDraws = 8192;
  SmallBatch run(joystick_config(), kDraws);
  int told[3] = {}, none = 0;
  for (int e = 0; e < kDraws; ++e) {
    const auto state = run.batch.env(e);
    int zeros = 0;
    for (int i = 0; i < 3; ++i) {
      told[i] += state.command[i] != 0;
      zeros += state.command[i] == 0;
      EXPECT_LE(std::abs(state.command[i]), run.task.config.command.range[i].high);
    }
    none += zeros == 3;
  }
  // Five standard deviations at most.
  constexpr double kSpread = 5 * 0.5 / 90.5;
  EXPECT_NEAR(told[0] / double{kDraws}, 0.9, kSpread);
  EXPECT_NEAR(told[1] / double{kDraws}, 0.25, kSpread);
  EXPECT_NEAR(told[2] / double{kDraws}, 0.5, kSpread);
  EXPECT_NEAR(none / double{kDraws}, 0.1 * 0.75 * 0.5, kSpread);
}

TEST(JoystickCommand, KeepsHalfOfTheNumbersWhenItChanges) {
  constexpr int kDraws = 4096;
  EnvConfig config = joystick_config();
  config.command.change_probability = 1;
  config.command.change_from = 0;
  SmallBatch run(config, kDraws);
  run.batch.set_progress(1.0);
  std::vector<float> before;
  for (int e = 0; e < kDraws; ++e) before.push_back(run.batch.env(e).command[0]);
  run.step();
  int kept = 0, moved = 0;
  for (int e = 0; e < kDraws; ++e) {
    if (before[e] == 0) continue;
    ++moved;
    kept += run.batch.env(e).command[0] == before[e];
  }
  EXPECT_NEAR(kept / static_cast<double>(moved), 0.5, 5 * 0.5 / 60);
}

TEST(JoystickLanding, SeesHowFastFeetMovedBeforeTheStep) {
  SmallBatch run(joystick_config(), 1);
  const Task& task = run.task;
  State state = standing(task, 0.05f);
  state.physics.velocity = {0, 0, -2};
  Simulated<float, AllLegs> simulated;
  StepReport<float, AllLegs> report;
  const float action[kNumLegs][kJointsPerLeg] = {};
  state.params = run.batch.env(0).params;
  simulate_step<Joystick>(task, AllLegs{}, action, state, simulated, report);
  for (const float speed2 : simulated.foot_speed2) EXPECT_NEAR(speed2, 4, 1e-4f);
}

}  // namespace
}  // namespace kennel::testing
