// The mirror map that training uses beside the one that the robot's geometry gives.
#include <gtest/gtest.h>

#include "envs/robots.h"
#include "kennel/model/anatomy.h"
#include "kennel/sim/make_env.h"

namespace kennel {
namespace {

TEST(Mirrors, OfPuppersActionsAreWhatItsGeometryGives) {
  const MirrorMap computed = describe(compile_edited(robot_model(), {})).mirror;
  const Mirror trained = quadruped_mirrors(robot_named(kDefaultRobot), 1).action;
  ASSERT_EQ(trained.size(), kNumJoints);
  for (int k = 0; k < kNumJoints; ++k) {
    EXPECT_EQ(trained.index[k], computed.joint[k]);
    EXPECT_EQ(trained.sign[k], computed.sign[k]);
  }
}

}  // namespace
}  // namespace kennel
