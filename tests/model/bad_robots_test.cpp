// Descriptions that are no quadruped: one line that names the thing and the way out.
#include <gtest/gtest.h>

#include "kennel/core/check.h"
#include "kennel/model/anatomy.h"
#include "tests/model/sample_robot.h"

namespace kennel::testing::bad_robots_test {
namespace {

struct BadRobot {
  const char* name;
  std::string text;
  std::vector<std::string> mentions;  // the thing, and the way out
};

SampleRobot with(std::string SampleRobot::*part, const std::string& text) {
  SampleRobot robot;
  robot.*part = text;
  return robot;
}

SampleRobot of_legs(int legs, int hinges) {
  SampleRobot robot;
  robot.legs = legs;
  robot.hinges = hinges;
  return robot;
}

std::string spheres(const std::string& name, int count) {
  std::string out;
  for (int i = 0; i < count; ++i)
    out += text("<geom name='", name, '_', i, "' type='sphere' size='0.01' pos='0 0 ", -0.01 * i,
                "'/>");
  return out;
}

SampleUrdf urdf_with(std::string SampleUrdf::*part, const std::string& text) {
  SampleUrdf robot;
  robot.*part = text;
  return robot;
}

constexpr const char* kMeshCalf =
    "<collision><origin xyz='0 0 -0.2'/><geometry><mesh filename='package://nowhere/calf.stl'/>"
    "</geometry></collision>";

const std::vector<BadRobot>& bad_robots() {
  static const std::vector<BadRobot> robots = {
      {"five_legs.xml",
       of_legs(5, 3).mjcf(),
       {"15 hinges", "5 chains of 3", "XX_hip", "four legs"}},
      {"two_hinges.xml", of_legs(4, 2).mjcf(), {"8 hinges", "4 chains of 2", "four legs of three"}},
      {"two_bases.xml",
       with(
           &SampleRobot::world,
           "<geom type='plane' size='0 0 1'/><body name='ball' pos='1 0 1'><freejoint name='roll'/>"
           "<geom size='0.1'/></body>")
           .mjcf(),
       {"free joint", "remove"}},
      {"no_base.xml", with(&SampleRobot::base_joint, "").mjcf(), {"no free joint", "<freejoint/>"}},
      {"closed_chain.xml",
       with(&SampleRobot::rest,
            "<equality><connect name='loop' body1='FL_calf' body2='FR_calf' "
            "anchor='0 0 0'/></equality>")
           .mjcf(),
       {"equality 'loop'", "closed chain", "remove it"}},
      {"tendon.xml",
       with(&SampleRobot::rest,
            "<tendon><fixed name='rope'><joint joint='FL_hip' coef='1'/></fixed>"
            "</tendon>")
           .mjcf(),
       {"tendon 'rope'", "remove"}},
      {"no_floor.xml", with(&SampleRobot::world, "").mjcf(), {"floor", "--add-floor"}},
      {"mesh_floor.xml",
       replaced(
           with(&SampleRobot::world, "<geom name='ground' type='mesh' mesh='hill'/>").mjcf(),
           "<worldbody>",
           "<asset><mesh name='hill' vertex='0 0 -1 1 0 -1 0 1 -1 0 0 0'/></asset><worldbody>"),
       {"ground", "--add-floor"}},
      {"slide.xml",
       replaced(SampleRobot{}.mjcf(), "<joint name='FL_hip'", "<joint name='FL_hip' type='slide'"),
       {"joint 'FL_hip'", "slide", "hinge"}},
      {"no_mesh.urdf",
       urdf_with(&SampleUrdf::calf, kMeshCalf).text(),
       {"FL_calf", "sphere", "mesh"}},
      {"no_mass.urdf",
       urdf_with(&SampleUrdf::calf_mass, "0").text(),
       {"FL_calf_link", "no mass", "<inertial>"}},
      {"continuous.urdf",
       urdf_with(&SampleUrdf::joint_type, "continuous").text(),
       {"without limits", "FL_hip", "<limit>"}},
      {"too_many_on_a_leg.xml",
       with(&SampleRobot::on_calf, spheres("NAME", 6)).mjcf(),
       {"geom 'FL_5'", "number 7", "at most 6", "--feet-only"}},
      {"too_many_on_the_base.xml",
       with(&SampleRobot::on_base, spheres("base", 21)).mjcf(),
       {"geom 'base_20'", "no room", "at most 24", "--feet-only"}},
      {"box_on_the_base.xml",
       with(&SampleRobot::on_base, "<geom name='belly' type='box' size='0.2 0.05 0.03'/>").mjcf(),
       {"geom 'belly'", "not a sphere", "spheres in its place", "--feet-only"}},
      {"wheel.urdf",
       urdf_with(
           &SampleUrdf::rest,
           "<link name='wheel'><inertial><mass value='1'/><inertia ixx='1e-2' ixy='0' ixz='0' "
           "iyy='1e-2' iyz='0' izz='1e-2'/></inertial></link><joint name='axle' "
           "type='continuous'><parent link='trunk'/><child link='wheel'/></joint>")
           .text(),
       {"13 hinges", "axle", "fixed"}},
  };
  return robots;
}

class BadRobots : public ::testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Descriptions, BadRobots,
                         ::testing::Range(0, static_cast<int>(bad_robots().size())));

/// All that is said of a robot, a line each.
std::vector<std::string> said_of(const std::filesystem::path& file) {
  try {
    const Anatomy anatomy = describe(compile_edited(file, {}));
    std::vector<std::string> lines = anatomy.refusals;
    lines.insert(lines.end(), anatomy.ignored.begin(), anatomy.ignored.end());
    lines.insert(lines.end(), anatomy.edits.begin(), anatomy.edits.end());
    return lines;
  } catch (const Error& error) {
    return {error.what()};
  }
}

TEST_P(BadRobots, AreNamedInOneLineWithTheWayOut) {
  const BadRobot& bad = bad_robots()[GetParam()];
  SCOPED_TRACE(bad.name);
  const std::vector<std::string> lines = said_of(written(bad.name, bad.text));
  std::string all;
  bool named = false;
  for (const std::string& line : lines) {
    EXPECT_EQ(line.find('\n'), std::string::npos) << line;
    all += line + '\n';
    bool every = true;
    for (const std::string& word : bad.mentions) every &= line.find(word) != std::string::npos;
    named |= every;
  }
  EXPECT_TRUE(named) << all;
}

TEST(BadRobots, AFileThatIsNotThereOrNoXmlIsNamed) {
  for (const auto& file :
       {std::filesystem::path("/nowhere/robot.urdf"), written("empty.xml", "")}) {
    try {
      ModelEdits edits;
      edits.feet_only = true;
      compile_edited(file, edits);
      FAIL() << "accepted";
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(file.string()), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace kennel::testing::bad_robots_test
