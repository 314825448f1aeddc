// How a robot's description is understood.
#include "kennel/model/anatomy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "envs/pupper_v3/robot.h"
#include "envs/quadruped/contract.h"
#include "kennel/core/check.h"
#include "tests/model/sample_robot.h"

namespace kennel::testing::anatomy_test {
namespace {

const std::filesystem::path kPupper =
    std::filesystem::path(KENNEL_SOURCE_DIR) / "envs/pupper_v3/pupper_v3.xml";

Anatomy anatomy_of(const SampleRobot& robot, const std::string& name,
                   const ModelEdits& edits = {}) {
  return describe(compile_edited(written(name + ".xml", robot.mjcf()), edits));
}

TEST(Anatomy, PuppersMirrorMapFromItsGeometryIsTheTableThatItTrainsWith) {
  const Anatomy pupper = describe(compile_edited(kPupper, {}));
  ASSERT_TRUE(pupper.understood);
  EXPECT_TRUE(pupper.refusals.empty());
  EXPECT_TRUE(pupper.symmetric);
  EXPECT_LT(pupper.mirror.error, 1e-5);
  for (int leg = 0; leg < kNumLegs; ++leg)
    EXPECT_EQ(pupper.mirror.leg[leg], pupper_v3::kRobot.mirrored_leg[leg]);
  for (int k = 0; k < kNumJoints; ++k) {
    EXPECT_EQ(
        pupper.mirror.joint[k],
        kJointsPerLeg * pupper_v3::kRobot.mirrored_leg[k / kJointsPerLeg] + k % kJointsPerLeg);
    EXPECT_EQ(pupper.mirror.sign[k], -1) << k;
    EXPECT_NEAR(pupper.leg[k / 3].joint[k % 3].stance, pupper_v3::kRobot.pose[k], 1e-6);
  }
}

TEST(Anatomy, AHipThatRollsChangesItsSignInTheMirrorAndAKneeDoesNot) {
  const Anatomy robot = anatomy_of({}, "rolling_hips");
  ASSERT_TRUE(robot.understood);
  EXPECT_TRUE(robot.symmetric);
  for (int k = 0; k < kNumJoints; ++k)
    EXPECT_EQ(robot.mirror.sign[k], k % kJointsPerLeg == 0 ? -1 : 1) << k;
  EXPECT_EQ(robot.mirror.leg, (std::array<int, kNumLegs>{1, 0, 3, 2}));
}

TEST(Anatomy, ALongerLegOnOneSideIsNoMirrorImage) {
  SampleRobot robot;
  std::string text = robot.mjcf();
  const std::string foot = "name='FR_foot' type='sphere' size='0.02' pos='0 0 -0.2'";
  text = replaced(text, foot, "name='FR_foot' type='sphere' size='0.02' pos='0 0 -0.25'");
  const Anatomy lame = describe(compile_edited(written("lame.xml", text), {}));
  EXPECT_FALSE(lame.symmetric);
  EXPECT_GT(lame.mirror.error, 0.04);
  EXPECT_NE(to_text(lame).find("no mirror images"), std::string::npos);
}

TEST(Anatomy, LegsFeetGainsAndLimitsAreNamed) {
  SampleRobot sample;
  sample.actuator = "<position name='JOINT' joint='JOINT' kp='30' kv='0.8' forcerange='-20 15'/>";
  sample.joint_attributes = "actuatorfrcrange='-18 18'";
  const Anatomy robot = anatomy_of(sample, "named");
  ASSERT_TRUE(robot.understood);
  EXPECT_EQ(robot.leg[0].name, "front left");
  EXPECT_EQ(robot.leg[3].name, "back right");
  EXPECT_EQ(robot.leg[1].foot, "FR_foot");
  EXPECT_EQ(robot.leg[1].touching, std::vector<std::string>{"FR_foot"});
  EXPECT_NEAR(robot.leg_length, 0.42, 1e-9);
  EXPECT_NEAR(robot.mass, 13.2, 1e-9);
  const JointAnatomy& knee = robot.leg[2].joint[2];
  EXPECT_EQ(knee.name, "RL_calf");
  EXPECT_EQ(knee.low, -2.6);
  EXPECT_EQ(knee.kp, 30);
  EXPECT_EQ(knee.torque_low, -18);  // the narrower of the two ranges
  EXPECT_EQ(knee.torque_high, 15);
}

TEST(Anatomy, AStanceIsComputedWhereNoKeyframeStands) {
  const Anatomy robot = anatomy_of({}, "no_keyframe");
  EXPECT_EQ(robot.stance_from, "computed");
  EXPECT_NEAR(robot.stance_height, 0.8 * 0.42, 0.03);
  for (const LegAnatomy& leg : robot.leg) {
    EXPECT_GT(leg.joint[1].stance, 0);  // the knee is behind the hip
    EXPECT_LT(leg.joint[2].stance, 0);
  }
  SampleRobot upside_down;
  upside_down.rest =
      "<keyframe><key name='home' qpos='0 0 .3 1 0 0 0 0 3 -0.7 0 3 -0.7 0 0 -1 0 0 -1'/>"
      "</keyframe>";
  EXPECT_EQ(anatomy_of(upside_down, "bad_keyframe").stance_from, "computed");
}

TEST(Anatomy, ServosThatCannotHoldTheRobotAreDoubted) {
  SampleRobot strong;
  strong.actuator = "<position name='JOINT' joint='JOINT' kp='60' kv='1' forcerange='-40 40'/>";
  const Anatomy holds = anatomy_of(strong, "strong");
  EXPECT_TRUE(holds.doubts.empty()) << holds.doubts.front();
  // The knee: a quarter of the weight, as far from the foot as the stance has it.
  double lever = 0;
  for (const LegAnatomy& leg : holds.leg)
    lever = std::max(lever, std::abs(leg.joint[2].standing_torque) / (13.2 * 9.81 / 4));
  EXPECT_GT(lever, 0.02);
  EXPECT_LT(lever, 0.21) << "the shank is no longer";
  SampleRobot weak = strong, soft = strong;
  weak.actuator = "<position name='JOINT' joint='JOINT' kp='60' kv='1' forcerange='-1 1'/>";
  EXPECT_THAT(anatomy_of(weak, "weak").doubts,
              ::testing::ElementsAre(::testing::HasSubstr("its limit is 1")));
  soft.actuator = "<position name='JOINT' joint='JOINT' kp='6' kv='1' forcerange='-40 40'/>";
  EXPECT_THAT(anatomy_of(soft, "soft").doubts,
              ::testing::ElementsAre(::testing::HasSubstr("kp of 6 is soft")));
}

TEST(Anatomy, ARefusedModelIsDescribedWithAllRefusalsAndTheSwitchesThatHelp) {
  SampleRobot robot;
  robot.option = "<option cone='elliptic'/>";
  robot.actuator = "<muscle name='JOINT' joint='JOINT' lengthrange='0 1'/>";
  robot.on_calf = "<geom type='box' size='0.01 0.01 0.05' pos='0 0 -0.1'/>";
  robot.world = "";
  const Anatomy refused = anatomy_of(robot, "refused");
  EXPECT_TRUE(refused.understood);
  const std::string text = to_text(refused);
  EXPECT_NE(text.find("Try: --feet-only --pyramidal --add-servos --add-floor"), std::string::npos)
      << text;
  EXPECT_NE(text.find("actuator 'FL_hip', actuator 'FL_thigh', actuator 'FL_calf' and 9 more"),
            std::string::npos)
      << text;
  EXPECT_EQ(refused.leg[0].foot, "FL_foot");
}

TEST(Anatomy, DrivesThatAreNoServosAndAFreeJointThatResistsAreSaid) {
  const auto said = [](const char* name, const char* actuator, const char* base = "<freejoint/>") {
    SampleRobot robot;
    robot.actuator = actuator;
    robot.base_joint = base;
    const Anatomy anatomy = anatomy_of(robot, name);
    EXPECT_TRUE(anatomy.refusals.empty());
    const bool servo = anatomy.leg[3].joint[2].drive == "position servo";
    EXPECT_EQ(anatomy.leg[3].joint[2].kp > 0, servo);
    EXPECT_EQ(to_text(anatomy).find("To train it: --add-servos") == std::string::npos, servo);
    if (servo) {
      check_servos(anatomy);
    } else {
      EXPECT_THROW(check_servos(anatomy), Error);
    }
    return to_text(anatomy);
  };
  using ::testing::HasSubstr;
  EXPECT_THAT(said("motors", "<motor name='JOINT' joint='JOINT' gear='2' ctrlrange='-9 9'/>"),
              HasSubstr("motor, gain 2, ctrl +-9"));
  EXPECT_THAT(said("velocity", "<velocity name='JOINT' joint='JOINT' kv='3'/>"),
              HasSubstr("velocity servo, gain 3, bias 0 0 -3"));
  EXPECT_THAT(said("geared", "<position name='JOINT' joint='JOINT' gear='2' kp='8'/>"),
              HasSubstr("geared position servo, gain 16, bias 0 -32 0"));
  EXPECT_THAT(said("affine_gain",
                   "<general name='JOINT' joint='JOINT' gaintype='affine' gainprm='4 1 0' "
                   "forcerange='-5 7'/>"),
              HasSubstr("affine actuator, gain 4 1 0, torque -5 to 7"));
  EXPECT_THAT(said("resisting", SampleRobot{}.actuator.c_str(),
                   "<joint type='free' damping='2' armature='0.1' frictionloss='0.3'/>"),
              HasSubstr("free joint: damping 2, armature 0.1, frictionloss 0.3"));
}

}  // namespace
}  // namespace kennel::testing::anatomy_test
