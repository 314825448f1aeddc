// The mirror map that training uses beside the one that the robot's geometry gives.
#include <gtest/gtest.h>

#include "envs/robots.h"
#include "kennel/model/anatomy.h"
#include "kennel/sim/make_env.h"

namespace kennel {
namespace {

TEST(Mirrors, OfPuppersActionsAreWhatItsGeometryGives) {
  const MirrorMap computed = describe(compile_edited(robot_model(), {})).mirror;
  const Mirror trained = quadruped_mirrors(robot_named(kDefaultRobot), EnvConfig()).action;
  ASSERT_EQ(trained.size(), kNumJoints);
  for (int k = 0; k < kNumJoints; ++k) {
    EXPECT_EQ(trained.index[k], computed.joint[k]);
    EXPECT_EQ(trained.sign[k], computed.sign[k]);
  }
}

TEST(Mirrors, OfWhatTheRobotIsToldAreTheTasks) {
  const int command = quadruped::offset_in(quadruped::kFrame, "command");
  for (int task = 0; task < quadruped::kNumTasks; ++task) {
    const Mirror obs = quadruped_mirrors(robot_named(kDefaultRobot), EnvConfig(task)).obs;
    const bool pose = quadruped::kTasks[task]->name == std::string("pose");
    EXPECT_EQ(obs.sign[command], 1) << "forward, pitch";
    EXPECT_EQ(obs.sign[command + 1], -1) << "to the left, roll";
    EXPECT_EQ(obs.sign[command + 2], pose ? 1 : -1) << "height, turning";
  }
}

TEST(Mirrors, TurnTheTrotClockByHalfATurn) {
  const EnvConfig config(quadruped::task_index("joystick"));
  const Mirror obs = quadruped_mirrors(robot_named(kDefaultRobot), config).obs;
  const int clock = quadruped::offset_in(quadruped::kFrame, quadruped::kClockPlace);
  const float half_a_turn[] = {-1, -1, 1}, velocity[] = {1, -1, 1};
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(obs.sign[clock + i], half_a_turn[i]);
    EXPECT_EQ(obs.sign[quadruped::kFrameSize + i], velocity[i]);
  }
}

}  // namespace
}  // namespace kennel
