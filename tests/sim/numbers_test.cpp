// Numbers that are none: what they never become on the CPU is a torque, or a NaN out of a start
// that has a meaning.
#include <gtest/gtest.h>

#include <limits>

#include "batch_fixture.h"
#include "envs/robots.h"
#include "kennel/batch/open_loop.h"

namespace kennel::testing {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

const Quadruped<double>& robot() {
  static const Quadruped<double> model =
      load_quadruped(std::filesystem::path(KENNEL_SOURCE_DIR) / "envs/pupper_v3/pupper_v3.xml")
          .model;
  return model;
}

/// One step from a start in the air.
struct Drop {
  std::vector<double> init = std::vector<double>(kNq + kNv);
  std::vector<double> ctrl = std::vector<double>(kNumJoints);

  explicit Drop(std::array<double, 4> orientation = {1, 0, 0, 0}) {
    init[2] = 0.5;
    std::copy(orientation.begin(), orientation.end(), init.begin() + 3);
  }
  std::vector<double> run(bool in_float) const {
    const OpenLoop input{.init = init,
                         .ctrl = ctrl,
                         .params = nominal_params<double, ManyPoints<AllLegs>>(robot(), {})};
    return in_float ? simulate_float(to_float(robot()), input) : simulate_double(robot(), input);
  }
};

TEST(OpenLoop, AQuaternionOfAnyLengthIsNormalisedAndOneOfNoneIsTheIdentity) {
  struct Case {
    std::array<double, 4> given;
    double w, x;
  };
  const double half = std::sqrt(0.5);
  for (const Case& c : {Case{{0, 0, 0, 0}, 1, 0}, Case{{1e-16, 0, 0, 0}, 1, 0},
                        Case{{1e200, 1e200, 0, 0}, half, half},
                        Case{{1e-12, 1e-12, 0, 0}, half, half}, Case{{2, 2, 0, 0}, half, half}})
    for (const bool in_float : {false, true}) {
      const std::vector<double> out = Drop(c.given).run(in_float);
      EXPECT_NEAR(out[3], c.w, 1e-6) << c.given[0];
      EXPECT_NEAR(out[4], c.x, 1e-6) << c.given[0];
      for (int k = 0; k < kTrajectoryColumns; ++k) EXPECT_TRUE(std::isfinite(out[k])) << k;
    }
}

TEST(OpenLoop, AStartThatIsNoNumberGetsNoMeaning) {
  for (const bool in_float : {false, true})
    EXPECT_TRUE(std::isnan(Drop({0, kNan, 0, 0}).run(in_float)[kTrajectoryColumns + 3]));
}

TEST(OpenLoop, ATargetThatIsNoNumberIsNoTorque) {
  Drop drop;
  drop.ctrl[4] = kNan;
  for (const bool in_float : {false, true}) {
    const std::vector<double> out = drop.run(in_float);
    EXPECT_TRUE(std::isnan(out[kTrajectoryColumns + kNq + 6 + 4])) << in_float;
  }
}

// Lanes of the native width, which have their own min and max.
TEST(Servo, KeepsWhatIsNoNumberInEveryLaneAndSaturatesTheRest) {
  using Lane = Pack<float, kNativeWidth>;
  Hinge<float> hinge;
  hinge.kp = 5;
  hinge.kd = 0.25f;
  hinge.force_low = -3;
  hinge.force_high = 3;
  hinge.target_low = -2;
  hinge.target_high = 2;
  Lane target(0.0f);
  target.set(0, std::numeric_limits<float>::quiet_NaN());
  target.set(1, 100.0f);
  const Lane one(1.0f), zero(0.0f);
  const Lane torque = servo_torque<false>(hinge, one, one, one, target, zero, zero).torque;
  EXPECT_TRUE(std::isnan(torque[0]));
  EXPECT_EQ(torque[1], 3.0f);
  if (kNativeWidth > 2) {
    EXPECT_EQ(torque[2], 0.0f);
  }
}

TEST(VecEnv, AnActionThatIsNoNumberIsCountedAndActsAsNone) {
  for (const double bad : {kNan, kInf, -kInf}) {
    SmallBatch sick(quiet_config(), kNativeWidth);
    for (float& a : sick.action) a = 0.4f;
    sick.action[2 * kNumJoints + 5] = static_cast<float>(bad);
    sick.step();
    for (int env = 0; env < sick.n; ++env) EXPECT_EQ(sick.terminated[env], env == 2 ? 1.0f : 0.0f);
    EXPECT_EQ(sick.reward[2], 0.0f);
    EXPECT_EQ(sick.batch.drain_stats().diverged, 1);
    const Replay replay = sick.batch.first_divergence().value();
    EXPECT_EQ(replay.env, 2);
    for (std::size_t k = 0; k < replay.ctrl.size(); ++k) {
      const double pose = pupper_v3::kRobot.pose[k % kNumJoints];
      EXPECT_NEAR(replay.ctrl[k], k % kNumJoints == 5 ? pose : pose + 0.5 * 0.4, 1e-6) << k;
    }
    for (const float x : sick.obs) EXPECT_TRUE(std::isfinite(x));
  }
}

}  // namespace
}  // namespace kennel::testing
