// From a URDF to a robot that stands.
#include <gtest/gtest.h>

#include "kennel/core/check.h"
#include "kennel/model/anatomy.h"
#include "tests/model/rewritten.h"
#include "tests/model/sample_robot.h"

namespace kennel::testing::urdf_test {
namespace {

TEST(Urdf, BecomesARobotThatStandsAndThatMujocoStepsAlike) {
  const auto file = written("sample.urdf", SampleUrdf{}.text());
  const Rewritten model(file, {});
  EXPECT_NEAR(model.robot.model.total_mass, 13.2, 1e-9);
  EXPECT_EQ(model.robot.model.leg[3].hinge[1].force_high, 25);  // effort
  int contacts = 0;
  EXPECT_LT(worst_error(model, &contacts), kParityDouble);
  EXPECT_GT(contacts, 50);
  const auto [height, up] = stood(model);
  EXPECT_GT(height, 0.8);
  EXPECT_GT(up, 0.99);
  const Anatomy anatomy = describe(compile_edited(file, {}));
  EXPECT_TRUE(anatomy.symmetric);
  EXPECT_EQ(anatomy.edits.size(), 4u);  // floating, feet only, floor, servos
}

double mass_of(const std::string& name, const SampleUrdf& robot) {
  const EditedModel edited = compile_edited(written(name, robot.text()), {});
  return quadruped_from(*edited.model, name).model.total_mass;
}

TEST(Urdf, WhatIsOnlySeenIsNotRead) {
  SampleUrdf robot;
  robot.calf +=
      "<!-- <visual> --><visual><geometry><mesh filename='package://nowhere/calf.dae'/>"
      "</geometry><material name='a'/><material name='b'><color rgba='1 1 1 1'/></material>"
      "</visual>";
  robot.rest = "<material name='a'><color rgba='0 0 0 1'/></material>";
  EXPECT_NEAR(mass_of("seen.urdf", robot), 13.2, 1e-9);
}

TEST(Urdf, ALinkWithoutInertialHasNoMassWhateverItsShape) {
  SampleUrdf robot;
  robot.rest =
      "<link name='camera'><collision><geometry><box size='0.1 0.1 0.1'/></geometry>"
      "</collision></link><joint name='mount' type='fixed'><parent link='trunk'/>"
      "<child link='camera'/></joint>";
  EXPECT_NEAR(mass_of("camera.urdf", robot), 13.2, 1e-9);
}

TEST(Urdf, AnImpossibleInertiaIsRaisedAndNamed) {
  SampleUrdf robot;
  robot.rest =
      "<link name='imu'><inertial><mass value='0.001'/><inertia ixx='1e-6' ixy='1e-6' "
      "ixz='1e-6' iyy='1e-6' iyz='1e-6' izz='1e-6'/></inertial></link><joint name='mount' "
      "type='fixed'><parent link='trunk'/><child link='imu'/></joint>";
  EXPECT_NEAR(mass_of("imu.urdf", robot), 13.201, 1e-9);
  const EditedModel edited = compile_edited(written("imu.urdf", robot.text()), {});
  EXPECT_NE(edited.warnings[0].find("impossible inertias raised: imu"), std::string::npos)
      << edited.warnings[0];
}

TEST(Urdf, AFloatingJointBelowAnEmptyRootIsTheRobotsOwn) {
  std::string text = SampleUrdf{}.text();
  text = replaced(text, "name='root_trunk' type='fixed'", "name='root_trunk' type='floating'");
  const auto file = written("floating.urdf", text);
  EXPECT_NEAR(load_quadruped(Rewritten(file, {}).file).model.total_mass, 13.2, 1e-9);
}

TEST(Urdf, MeshesOfAPackageAreFoundAboveTheFile) {
  // A tetrahedron with its tip down, as a foot.
  const auto package = std::filesystem::temp_directory_path() / "kennel_urdf" / "sample_robot";
  std::filesystem::create_directories(package / "urdf");
  std::filesystem::create_directories(package / "meshes");
  std::ofstream(package / "meshes/foot.obj")
      << "v 0 0 -0.21\nv 0.02 0 0\nv -0.02 0.02 0\nv -0.02 -0.02 0\n"
         "f 1 2 3\nf 1 3 4\nf 1 4 2\nf 2 4 3\n";
  SampleUrdf robot;
  robot.calf =
      "<collision><geometry><mesh filename='package://sample_robot/meshes/foot.obj'/>"
      "</geometry></collision>";
  const auto file = package / "urdf/robot.urdf";
  std::ofstream(file) << robot.text();
  const Rewritten model(file, {});
  EXPECT_EQ(model.edited.warnings[0].find("not found"), std::string::npos);
  EXPECT_NE(model.edited.warnings[1].find("as a sphere of"), std::string::npos);
  const Sphere<double>& foot = model.robot.model.leg[0].sphere[0];
  EXPECT_GT(foot.radius, 0.003);
  const auto [height, up] = stood(model);
  EXPECT_GT(height, 0.7);
  EXPECT_GT(up, 0.98);
}

}  // namespace
}  // namespace kennel::testing::urdf_test
