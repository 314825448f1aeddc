// What a policy may see beside the robot's own frame: a trot clock, velocities.
#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include "kennel/judge/robot_sensors.h"
#include "kennel/policy/first_format.h"

namespace kennel::judge::sensed_motion_test {
namespace {

constexpr const char* kModel = KENNEL_SOURCE_DIR "/envs/pupper_v3/pupper_v3.xml";

class SensedMotion : public testing::Test {
 protected:
  SensedMotion() : judge_(load_judge_model(kModel, first_format_robot())) {
    policy_.frame = {{kTrotClock, 3, 1.0f, ""},
                     {"base_linear_velocity", 3, 1.0f, "m/s, base frame"},
                     {"joint_velocity", kPolicyJoints, 0.1f, "rad/s"}};
    data_.reset(mj_makeData(judge_.nominal.get()));
  }

  std::vector<float> seen(const Command& command, int step) {
    ObservationHistory history(policy_, judge_.robot);
    const std::array<float, kPolicyJoints> action{};
    const auto obs = history.observe(*data_, {}, command, action, nullptr, step);
    return {obs.begin(), obs.end()};
  }

  struct Free {
    void operator()(mjData* data) const { mj_deleteData(data); }
  };
  JudgeModel judge_;
  PolicyFile policy_{first_format_robot()};
  std::unique_ptr<mjData, Free> data_;
};

TEST_F(SensedMotion, ClockTurnsTwiceASecondWhileToldToGo) {
  const std::vector<float> at_first = seen({0.5, 0, 0}, 0), later = seen({0, 0, -0.5}, 5);
  EXPECT_FLOAT_EQ(at_first[0], 0);
  EXPECT_FLOAT_EQ(at_first[1], 1);
  EXPECT_FLOAT_EQ(at_first[2], 1);
  const double turned = 2 * M_PI * 2 * 5 * 0.02;  // 2 Hz for 0.1 s
  EXPECT_NEAR(later[0], std::sin(turned), 1e-5);
  EXPECT_NEAR(later[1], std::cos(turned), 1e-5);
}

TEST_F(SensedMotion, ClockIsHiddenFromARobotThatIsToldToStand) {
  const std::vector<float> obs = seen({0, 0, 0}, 5);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(obs[i], 0) << i;
}

TEST_F(SensedMotion, VelocitiesAreTheBasesInItsOwnFrameAndTheJoints) {
  // Turned left by a quarter: the world's x is the base's right.
  const double half = std::sqrt(0.5);
  data_->qpos[3] = data_->qpos[6] = half;
  data_->qpos[4] = data_->qpos[5] = 0;
  data_->qvel[0] = 0.3;
  data_->qvel[2] = -0.2;
  for (int joint = 0; joint < kPolicyJoints; ++joint)
    data_->qvel[judge_.robot.dof[joint]] = joint - 4;
  const std::vector<float> obs = seen({0, 0, 0}, 0);
  EXPECT_NEAR(obs[3], 0, 1e-6);
  EXPECT_NEAR(obs[4], -0.3, 1e-6);
  EXPECT_NEAR(obs[5], -0.2, 1e-6);
  for (int joint = 0; joint < kPolicyJoints; ++joint)
    EXPECT_NEAR(obs[6 + joint], 0.1 * (joint - 4), 1e-6) << joint;
}

}  // namespace
}  // namespace kennel::judge::sensed_motion_test
