// Parity on other robots than the shipped one: integrators, contact parameters, priorities,
// springs, margins, axes.
#include <gtest/gtest.h>

#include <fstream>
#include <limits>
#include <sstream>

#include "kennel/core/check.h"
#include "tests/dynamics/mujoco_reference.h"

namespace kennel::testing {
namespace {

constexpr double kParityDouble = 1e-10;

std::string shipped_text() {
  std::ifstream file(kPupper);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The shipped description with one text replaced, written to a temporary file.
std::filesystem::path variant(const std::string& name,
                              const std::vector<std::pair<std::string, std::string>>& changes) {
  std::string text = shipped_text();
  for (const auto& [from, to] : changes) {
    const std::size_t at = text.find(from);
    if (at == std::string::npos) throw std::runtime_error("the shipped model has no " + from);
    text.replace(at, from.size(), to);
  }
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / ("kennel_" + name + ".xml");
  std::ofstream(file) << text;
  return file;
}

struct Variant {
  const char* name;
  std::vector<std::pair<std::string, std::string>> changes;
  bool both_limits = false;  // of one hinge act at once
};

const Variant kVariants[] = {
    {"eulerdamp", {{"<flag eulerdamp=\"disable\"/>", ""}, {"damping=\"0.01\"", "damping=\"0.4\""}}},
    {"implicitfast",
     {{"cone=\"pyramidal\"", "cone=\"pyramidal\" integrator=\"implicitfast\""},
      {"damping=\"0.01\"", "damping=\"0.1\""}}},
    {"spring_and_margin",
     {{"damping=\"0.01\"",
       "damping=\"0.01\" stiffness=\"0.7\" springref=\"0.2\" margin=\"0.05\""}}},
    {"direct_solref",
     {{"solimp=\"0.015 1 0.031\"", "solimp=\"0.3 0.8 0.01 0.3 3\" solref=\"-3000 -60\""}}},
    {"linear_impedance",
     {{"solimp=\"0.015 1 0.031\"", "solimp=\"0.2 0.9 0.02 0.5 1\" solmix=\"3\""}}},
    {"priority_and_margin",
     {{"solimp=\"0.015 1 0.031\"",
       "solimp=\"0.1 0.95 0.01\" priority=\"2\" margin=\"0.004\" gap=\"0.002\""},
      {"friction=\"0.8", "friction=\"0.6"}}},
    {"short_timeconst", {{"solimp=\"0.015 1 0.031\"", "solref=\"0.003 0.8\""}}},
    {"both_limits_of_a_hinge",
     {{"damping=\"0.01\"", "damping=\"0.01\" margin=\"0.5\""},
      {"range=\"-1.22 2.51\"", "range=\"-0.5 0.2\""},
      {"range=\"-0.71 2.79\"", "range=\"-0.3 0.4\""}},
     true},
    {"tilted_gravity_and_timestep",
     {{"timestep=\"0.004\"", "timestep=\"0.002\" gravity=\"1.5 -0.7 -9\""}}},
};

class OtherModels : public ::testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Variants, OtherModels,
                         ::testing::Range(0, static_cast<int>(std::size(kVariants))));

TEST_P(OtherModels, MatchMujocoStepByStepAndIntegrateAlike) {
  const Variant& v = kVariants[GetParam()];
  SCOPED_TRACE(v.name);
  Reference reference(variant(v.name, v.changes));
  reference.converge();
  mjModel& m = *reference.model;
  mjData& d = *reference.data;
  const Quadruped<double> model = quadruped_from(m, v.name).model;
  const Params<double> params = nominal_params<double, AllLegs>(model, {});
  Draw draw(40 + static_cast<unsigned>(GetParam()));
  double worst = 0, worst_velocity = 0;
  int contacts = 0, both_limits = 0;
  State<double> state{};
  double target[kNumLegs][kJointsPerLeg] = {};
  for (int i = 0; i < 600; ++i) {
    if (i % 100 == 0) {
      double qpos[kNq] = {0,
                          0,
                          draw.uniform(0.05, 0.2),
                          1,
                          0.2 * draw.normal(),
                          0.2 * draw.normal(),
                          draw.normal()},
             qvel[kNv];
      mju_normalize4(qpos + 3);
      for (int k = 0; k < kNumJoints; ++k) qpos[7 + k] = draw.uniform(-1, 1);
      for (double& x : qvel) x = draw.normal();
      state = read(qpos, qvel);
    }
    for (int k = 0; k < kNumJoints; ++k) {
      if (i % 5 == 0) target[k / 3][k % 3] = draw.normal();
      d.ctrl[k] = target[k / 3][k % 3];
    }
    write(state, d);
    mj_forward(&m, &d);
    const std::vector<double> qacc(d.qacc, d.qacc + kNv);
    contacts += d.ncon;
    for (int row = 1; row < d.nefc; ++row)
      both_limits += d.efc_type[row] == mjCNSTR_LIMIT_JOINT &&
                     d.efc_type[row - 1] == mjCNSTR_LIMIT_JOINT &&
                     d.efc_id[row] == d.efc_id[row - 1];
    mj_step(&m, &d);
    StepReport<double, AllLegs> report;
    step<double, AllLegs>(model, kConverged, params, target, {}, state, report);
    worst = std::max(worst, relative_error(qacc_of(state), qacc.data()));
    const double velocity[] = {state.velocity.x, state.velocity.z, state.omega.y,
                               state.leg[0].qd[0], state.leg[3].qd[2]};
    const double theirs[] = {d.qvel[0], d.qvel[2], d.qvel[4], d.qvel[6], d.qvel[17]};
    for (int k = 0; k < 5; ++k)
      worst_velocity =
          std::max(worst_velocity, std::abs(velocity[k] - theirs[k]) / (1 + std::abs(theirs[k])));
  }
  EXPECT_LT(worst, kParityDouble);
  EXPECT_LT(worst_velocity, kParityDouble);
  EXPECT_GT(contacts, 200);
  EXPECT_EQ(both_limits > 100, v.both_limits);
}

struct Refused {
  const char* name;
  std::vector<std::pair<std::string, std::string>> changes;
  std::vector<std::string> mentions;  // what the message must name
};

const Refused kRefused[] = {
    {"elliptic", {{"cone=\"pyramidal\"", "cone=\"elliptic\""}}, {"cone", "pyramidal"}},
    {"rk4",
     {{"cone=\"pyramidal\"", "cone=\"pyramidal\" integrator=\"RK4\""}},
     {"integrator", "Euler"}},
    {"implicit",
     {{"cone=\"pyramidal\"", "cone=\"pyramidal\" integrator=\"implicit\""}},
     {"integrator"}},
    {"fluid", {{"cone=\"pyramidal\"", "cone=\"pyramidal\" density=\"1.2\""}}, {"density"}},
    {"slide",
     {{"axis=\"0 0 1\" armature", "axis=\"0 0 1\" armature"}, {"type=\"hinge\"", "type=\"slide\""}},
     {"joint", "slide"}},
    {"condim", {{"condim=\"3\"", "condim=\"4\""}}, {"condim", "3"}},
    {"box",
     {{"type=\"sphere\" group=\"3\"", "type=\"box\" group=\"3\""},
      {"<geom size=\"0.025\"/>", "<geom size=\"0.02 0.02 0.02\"/>"},
      {"<geom size=\"0.01995\"/>", "<geom size=\"0.02 0.02 0.02\"/>"}},
     {"geom", "sphere"}},
    {"user_gain",
     {{"biastype=\"affine\"", "biastype=\"affine\" gaintype=\"user\""}},
     {"actuator", "gaintype", "--add-servos"}},
    {"activation",
     {{"biastype=\"affine\"", "biastype=\"affine\" dyntype=\"filter\""}},
     {"actuator", "activation", "--add-servos"}},
    {"slippery",
     {{"friction=\"0.8 0.02 0.01\"", "friction=\"0.001 0.02 0.01\" priority=\"1\""}},
     {"geom", "friction"}},
};

class RefusedModels : public ::testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Features, RefusedModels,
                         ::testing::Range(0, static_cast<int>(std::size(kRefused))));

TEST_P(RefusedModels, AreNamedWithFileElementAndFeature) {
  const Refused& r = kRefused[GetParam()];
  SCOPED_TRACE(r.name);
  const std::filesystem::path file = variant(r.name, r.changes);
  try {
    load_quadruped(file);
    FAIL() << "accepted";
  } catch (const Error& e) {
    const std::string message = e.what();
    EXPECT_NE(message.find(file.string()), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    for (const std::string& word : r.mentions)
      EXPECT_NE(message.find(word), std::string::npos) << message;
  }
}

// What MuJoCo compiles into a model, or code changes in it, and no float holds.
TEST(LoadQuadruped, NumbersThatAreNoneAreRefusedByElementAndAttribute) {
  const MjModelPtr model = compile_mjcf(kPupper);
  mjModel& m = *model;
  const auto message = [&](mjtNum& number, mjtNum bad) {
    const mjtNum good = number;
    number = bad;
    std::string what = "accepted";
    try {
      quadruped_from(m, "robot.xml");
    } catch (const Error& e) {
      what = e.what();
    }
    number = good;
    return what;
  };
  const mjtNum kNan = std::numeric_limits<mjtNum>::quiet_NaN();
  EXPECT_NE(message(m.body_mass[2], kNan).find("mass is nan"), std::string::npos);
  EXPECT_NE(message(m.geom_friction[0], 1e39).find("friction is 1e+39"), std::string::npos);
  EXPECT_NE(message(m.dof_damping[7], kNan).find("joint 'leg_front_r_2': damping is nan"),
            std::string::npos);
  EXPECT_NE(message(m.actuator_forcerange[3], kNan).find("forcerange"), std::string::npos);
  EXPECT_NE(message(m.opt.gravity[2], -kNan).find("gravity"), std::string::npos);
  EXPECT_EQ(message(m.actuator_forcerange[3], std::numeric_limits<mjtNum>::infinity()), "accepted");
  EXPECT_NE(message(m.jnt_solref[4 * mjNREF], -1e39).find("solreflimit is -1e+39"),
            std::string::npos);
}

TEST(LoadQuadruped, AFifthLegOrAMissingFileIsRefused) {
  EXPECT_THROW(load_quadruped("/nowhere/robot.xml"), Error);
  const std::string leg =
      "<body name=\"extra1\" pos=\"0 0 0.1\"><inertial pos=\"0 0 0\" mass=\"0.1\" "
      "diaginertia=\"1e-4 1e-4 1e-4\"/>"
      "<joint name=\"extra1\" type=\"hinge\" range=\"-1 1\"/></body>";
  const auto file = variant(
      "fifth_leg", {{"<site name=\"body_imu_site\"", leg + "<site name=\"body_imu_site\""}});
  try {
    load_quadruped(file);
    FAIL() << "accepted";
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("13 hinges"), std::string::npos) << e.what();
  }
}

TEST(LoadQuadruped, WarnsOnceOfTheSpheresThatDoNotCollideHere) {
  const LoadedQuadruped robot = load_quadruped(kPupper);
  ASSERT_EQ(robot.warnings.size(), 1u);
  EXPECT_NE(robot.warnings[0].find("leg_front_r_foot"), std::string::npos);
  EXPECT_NEAR(robot.model.total_mass, 3.170, 1e-9);
}

}  // namespace
}  // namespace kennel::testing
