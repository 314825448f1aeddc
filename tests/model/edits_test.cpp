// The switches: what each changes, and that MuJoCo steps the written model as Kennel does.
#include "kennel/model/edits.h"

#include <gtest/gtest.h>

#include "kennel/core/check.h"
#include "tests/model/rewritten.h"
#include "tests/model/sample_robot.h"

namespace kennel::testing::edits_test {
namespace {

std::string refusal(const std::filesystem::path& file, const ModelEdits& edits = {}) {
  try {
    quadruped_from(*compile_edited(file, edits).model, file.string());
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

struct Case {
  const char* name;  // the switch
  bool ModelEdits::*edit;
  SampleRobot robot;
  const char* changed;  // part of the warning
  bool needed = true;   // the model is refused without the switch
};

SampleRobot with(std::string SampleRobot::*part, const std::string& text) {
  SampleRobot robot;
  robot.*part = text;
  return robot;
}

const Case kCases[] = {
    {"--feet-only", &ModelEdits::feet_only,
     with(&SampleRobot::on_calf,
          "<geom name='NAME_shin' type='capsule' size='0.01 0.06' pos='0 0 -0.1'/>"),
     "FL_shin"},
    {"--feet-only", &ModelEdits::feet_only,
     with(&SampleRobot::foot,
          "<geom name='NAME_foot' type='capsule' size='0.015 0.08' pos='0 0 -0.1'/>"),
     "FL_foot as a sphere of 0.015 m"},
    {"--feet-only", &ModelEdits::feet_only,
     with(&SampleRobot::foot,
          "<geom name='NAME_foot' type='cylinder' size='0.02 0.01' pos='0 0 -0.19' euler='1.57 0 "
          "0'/>"),
     "FL_foot as a sphere"},
    {"--feet-only", &ModelEdits::feet_only,
     with(&SampleRobot::on_base, "<geom name='belly' type='box' size='0.2 0.05 0.03'/>"), "belly"},
    {"--pyramidal", &ModelEdits::pyramidal, with(&SampleRobot::option, "<option cone='elliptic'/>"),
     "pyramid"},
    {"--pyramidal", &ModelEdits::pyramidal,
     with(&SampleRobot::foot,
          "<geom name='NAME_foot' type='sphere' size='0.02' pos='0 0 -0.2' condim='6'/>"),
     "condim is 3 on FL_foot"},
    {"--add-servos", &ModelEdits::add_servos, with(&SampleRobot::actuator, ""),
     "servos on FL_hip, FL_thigh, FL_calf and 9 more"},
    {"--add-servos", &ModelEdits::add_servos,
     with(&SampleRobot::actuator,
          "<motor name='JOINT' joint='JOINT' gear='2' ctrlrange='-10 10'/>"),
     "by weight and leg length", false},
    {"--add-servos", &ModelEdits::add_servos,
     with(&SampleRobot::actuator,
          "<position name='JOINT' joint='JOINT' gear='-2' kp='8' kv='0.2' forcerange='-10 6'/>"),
     "in the place of the actuators", false},
    {"--bare-base", &ModelEdits::bare_base,
     with(&SampleRobot::base_joint,
          "<joint type='free' damping='0.3' armature='0.1' frictionloss='0.2'/>"),
     "damping 0.3", false},
    {"--add-floor", &ModelEdits::add_floor,
     with(&SampleRobot::world, "<geom name='step' type='box' size='1 1 0.1'/>"), "step"},
};

class Switches : public ::testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Edits, Switches, ::testing::Range(0, static_cast<int>(std::size(kCases))));

TEST_P(Switches, MakeAModelThatMujocoStepsAlike) {
  const Case& c = kCases[GetParam()];
  SCOPED_TRACE(c.name);
  const auto file = written(text("switch_", GetParam(), ".xml"), c.robot.mjcf());
  EXPECT_NE(refusal(file).find(c.needed ? c.name : "accepted"), std::string::npos) << refusal(file);
  ModelEdits edits;
  edits.*c.edit = true;
  const Rewritten model(file, edits);
  ASSERT_EQ(model.edited.warnings.size(), 1u);
  EXPECT_NE(model.edited.warnings[0].find(c.name), std::string::npos);
  EXPECT_NE(model.edited.warnings[0].find(c.changed), std::string::npos)
      << model.edited.warnings[0];
  int contacts = 0;
  EXPECT_LT(worst_error(model, &contacts), kParityDouble);
  EXPECT_GT(contacts, 50);
  const auto [height, up] = stood(model);
  EXPECT_GT(height, 0.7);
  EXPECT_GT(up, 0.98);
}

TEST(Edits, AServoAroundAMotorHasTheMotorsLimitAndTheGivenGains) {
  SampleRobot robot;
  robot.actuator =
      "<motor name='JOINT' joint='JOINT' gear='2' ctrlrange='-10 8' forcerange='-9 9'/>";
  robot.joint_attributes = "actuatorfrcrange='-17 30'";
  ModelEdits edits;
  edits.add_servos = true;
  edits.kp = 40;
  edits.kd = 1.5;
  const Rewritten model(written("motor_limits.xml", robot.mjcf()), edits);
  const Hinge<double>& hinge = model.robot.model.leg[1].hinge[2];
  EXPECT_EQ(hinge.kp, 40);
  EXPECT_EQ(hinge.kd, 1.5);
  EXPECT_EQ(hinge.force_low, -17);
  EXPECT_EQ(hinge.force_high, 16);
}

TEST(Edits, AGearedServoKeepsItsStiffnessAtTheJoint) {
  const Rewritten model(written("geared.xml", kCases[8].robot.mjcf()), [] {
    ModelEdits edits;
    edits.add_servos = true;
    return edits;
  }());
  const Hinge<double>& hinge = model.robot.model.leg[0].hinge[0];
  EXPECT_NEAR(hinge.kp, 32, 1e-12);
  EXPECT_NEAR(hinge.kd, 0.8, 1e-12);
  EXPECT_NEAR(hinge.force_low, -12, 1e-12);  // turned round by the gear's sign
  EXPECT_NEAR(hinge.force_high, 20, 1e-12);
}

TEST(Edits, AnAffineActuatorsStiffnessAndDampingAreTheServosGains) {
  SampleRobot robot;
  robot.actuator =
      "<general name='JOINT' joint='JOINT' gainprm='20' biastype='affine' biasprm='1 -25 -0.6'/>";
  const auto file = written("affine.xml", robot.mjcf());
  ModelEdits edits;
  edits.add_servos = true;
  const Rewritten model(file, edits);
  EXPECT_EQ(model.robot.model.leg[2].hinge[1].kp, 25);
  EXPECT_EQ(model.robot.model.leg[2].hinge[1].kd, 0.6);
  EXPECT_EQ(model.edited.warnings[0].find("by weight"), std::string::npos);
}

TEST(Edits, ActuatorfrcrangeIsAForceRangeToMujocoToo) {
  SampleRobot robot;
  robot.joint_attributes = "actuatorfrcrange='-4 3'";
  for (const char* integrator : {"Euler", "implicitfast"}) {
    robot.option = text("<option integrator='", integrator, "'/>");
    const Rewritten model(written(text("actuatorfrcrange_", integrator, ".xml"), robot.mjcf()), {});
    EXPECT_TRUE(model.edited.warnings.empty());
    int contacts = 0;
    EXPECT_LT(worst_error(model, &contacts), kParityDouble);
  }
}

TEST(Edits, WithoutASwitchNothingChanges) {
  const EditedModel pupper = compile_edited(testing::kPupper, {});
  EXPECT_FALSE(pupper.spec);
  EXPECT_TRUE(pupper.warnings.empty());
  ModelEdits gains;
  gains.kp = 5;
  EXPECT_THROW(compile_edited(testing::kPupper, gains), Error);
}

TEST(Edits, AClassWithAMaterialThatIsNowhereIsWrittenSoThatItCanBeRead) {
  const std::string text =
      replaced(with(&SampleRobot::on_base,
                    "<geom class='seen' type='sphere' size='0.01' material='' contype='0' "
                    "conaffinity='0'/>")
                   .mjcf(),
               "<worldbody>",
               "<default><default class='seen'><geom material='paint'/></default></default>"
               "<worldbody>");
  EXPECT_NEAR(Rewritten(written("paint.xml", text), {}).robot.model.total_mass, 13.2, 1e-9);
}

TEST(Edits, TheShippedRobotWrittenAndReadAgainIsTheSame) {
  EditedModel pupper = compile_edited(testing::kPupper, {});
  const auto file = written("rewritten_pupper.xml", "");
  write_mjcf(pupper, file);
  const Quadruped<double> before = load_quadruped(testing::kPupper).model;
  const Quadruped<double> after = load_quadruped(file).model;
  EXPECT_NEAR(before.total_mass, after.total_mass, 1e-12);
  for (int leg = 0; leg < kNumLegs; ++leg)
    for (int j = 0; j < kJointsPerLeg; ++j) {
      const auto &a = before.leg[leg].hinge[j], &b = after.leg[leg].hinge[j];
      for (int i = 0; i < 3; ++i) EXPECT_NEAR(a.anchor[i], b.anchor[i], 1e-12);
      for (int i = 0; i < 6; ++i) EXPECT_NEAR(a.inertia[i], b.inertia[i], 1e-12);
      EXPECT_NEAR(a.invweight, b.invweight, 1e-9 * a.invweight);
      EXPECT_EQ(a.kp, b.kp);
    }
}

}  // namespace
}  // namespace kennel::testing::edits_test
