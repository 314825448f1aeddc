// Robots with contact spheres on the base and more than two a leg, against MuJoCo: dropped turned
// in any way, in double and in single precision.
#include <gtest/gtest.h>

#include <cstring>

#include "kennel/core/pack.h"
#include "tests/dynamics/emulated_group.h"
#include "tests/dynamics/float_bounds.h"
#include "tests/dynamics/random_steps.h"
#include "tests/model/sample_robot.h"

namespace kennel::testing {
namespace {

constexpr double kParityDouble = 1e-10;
constexpr SolverOptions kFloatConverged{20, 8};
constexpr Start kTumbled{0.05, 0.3, 1.0};

using Many = ManyPoints<AllLegs>;
using P = NativePack;

/// Spheres at the corners of the base's box, of its lower side or of both.
std::string corners(int count) {
  std::string out;
  for (int n = 0; n < count; ++n)
    out +=
        text("<geom name='corner_", n, "' type='sphere' size='0.015' pos='", n & 1 ? 0.22 : -0.22,
             ' ', n & 2 ? 0.08 : -0.08, ' ', n & 4 ? 0.05 : -0.05, "' friction='0.7'/>");
  return out;
}

/// \param base    spheres on the base
/// \param on_leg  1: a foot, 3: also one on the knee and one on the thigh
SampleRobot robot_with(int base, int on_leg) {
  SampleRobot robot;
  robot.on_base = corners(base);
  robot.actuator = "<position name='JOINT' joint='JOINT' kp='30' kv='0.8' forcerange='-12 12'/>";
  robot.joint_attributes = "frictionloss='0.1' ";
  if (on_leg == 3)
    robot.on_calf = "<geom name='NAME_knee' type='sphere' size='0.025' pos='0 0 0'/>";
  return robot;
}

std::string text_of(int base, int on_leg) {
  // The base's centre of mass off its origin, where MuJoCo heeds a shift of it.
  std::string out = replaced(robot_with(base, on_leg).mjcf(), "<inertial pos='0 0 0' mass='6'",
                             "<inertial pos='0.01 0.002 0.004' mass='6'");
  if (on_leg == 3)
    for (int leg = 0; leg < kNumLegs; ++leg) {
      const std::string joint = text("<joint name='", kLegNames[leg], "_thigh'");
      out = replaced(out, joint,
                     text("<geom name='", kLegNames[leg],
                          "_thigh' type='sphere' size='0.03' pos='0 0 -0.02'/>", joint));
    }
  return out;
}

std::filesystem::path file_of(int base, int on_leg) {
  return written(text("many_points_", base, "_", on_leg, ".xml"), text_of(base, on_leg));
}

struct Robot {
  int base, on_leg;
};
constexpr Robot kRobots[] = {{4, 1}, {8, 1}, {0, 3}, {4, 3}, {8, 3}};

void expect_parity(const Coverage& c, bool on_base) {
  EXPECT_LT(c.worst, kParityDouble);
  EXPECT_LT(c.worst_state, kParityDouble);
  EXPECT_GT(c.contacts, 1000) << "the test must see contacts";
  EXPECT_GE(c.base_contacts, on_base ? 300 : 0) << "the test must see contacts of the base";
  std::printf("worst %.3g, of the state %.3g; contacts %d, of the base %d, limits %d\n", c.worst,
              c.worst_state, c.contacts, c.base_contacts, c.limits);
}

TEST(ManyPoints, RobotsThatTumbleMatchMujoco) {
  for (const Robot& robot : kRobots) {
    SCOPED_TRACE(text(robot.base, " on the base, ", robot.on_leg, " a leg"));
    const auto file = file_of(robot.base, robot.on_leg);
    ASSERT_TRUE(has_many_points(load_quadruped(file).model));
    expect_parity(compare_random_steps<Many>(compile_mjcf(file), 3000, 1, false,
                                             InvWeight::kNominal, kTumbled),
                  robot.base > 0);
  }
}

TEST(ManyPoints, RandomisedRobotsMatchMujocoUnderAllInverseWeights) {
  for (const InvWeight weights : {InvWeight::kNominal, InvWeight::kFromMujoco, InvWeight::kOurs}) {
    Coverage all;
    for (unsigned seed = 0; seed < 8; ++seed) {
      const Coverage c = compare_random_steps<Many>(compile_mjcf(file_of(8, 3)), 300, 100 + seed,
                                                    true, weights, kTumbled);
      all.worst = std::max(all.worst, c.worst);
      all.worst_state = std::max(all.worst_state, c.worst_state);
      all.contacts += c.contacts;
      all.base_contacts += c.base_contacts;
      all.limits += c.limits;
    }
    expect_parity(all, true);
  }
}

/// The first lane of a packed state in double, and back.
State<double, Many> first_lane(const State<P, Many>& s) {
  State<double, Many> out;
  for (std::size_t f = 0; f < sizeof out / 8; ++f)
    reinterpret_cast<double*>(&out)[f] = reinterpret_cast<const float*>(&s)[f * kNativeWidth];
  return out;
}
State<P, Many> broadcast(const State<double, Many>& s) {
  State<P, Many> out;
  for (std::size_t f = 0; f < sizeof s / 8; ++f)
    for (int lane = 0; lane < kNativeWidth; ++lane)
      reinterpret_cast<float*>(&out)[f * kNativeWidth + static_cast<std::size_t>(lane)] =
          static_cast<float>(reinterpret_cast<const double*>(&s)[f]);
  return out;
}

TEST(ManyPoints, TheFloatPackMatchesMujocoStepByStep) {
  std::vector<double> errors;
  int on_base = 0;
  for (unsigned seed = 0; seed < 20; ++seed) {
    Reference reference(file_of(8, 3));
    reference.converge();
    mjModel& m = *reference.model;
    mjData& d = *reference.data;
    Draw draw(300 + seed);
    const Quadruped<double> exact = quadruped_from(m, "test").model;
    const auto drawn = random_params<Many>(exact, draw);
    apply(drawn, m);
    const Quadruped<float> model = to_float(exact);
    const auto params = converted<P, Many>(drawn, Many{});
    double qpos[kNq] = {0,
                        0,
                        draw.uniform(kTumbled.low, kTumbled.high),
                        draw.normal(),
                        draw.normal(),
                        draw.normal(),
                        draw.normal()},
           qvel[kNv];
    mju_normalize4(qpos + 3);
    for (int k = 0; k < kNumJoints; ++k) qpos[7 + k] = m.qpos0[7 + k] + draw.uniform(-0.8, 0.8);
    for (double& v : qvel) v = draw.normal();
    State<P, Many> state = broadcast(read<double, Many>(qpos, qvel));
    P target[kNumLegs][kJointsPerLeg];
    for (int i = 0; i < 150; ++i) {
      if (i % 5 == 0)
        for (int k = 0; k < kNumJoints; ++k) {
          d.ctrl[k] = static_cast<float>(draw.normal());
          target[k / 3][k % 3] = P(static_cast<float>(d.ctrl[k]));
        }
      write(first_lane(state), d);
      mju_normalize4(d.qpos + 3);
      mj_forward(&m, &d);
      for (int c = 0; c < d.ncon; ++c)
        for (const int geom : d.contact[c].geom) on_base += m.geom_bodyid[geom] == 1;
      StepReport<P, Many> report;
      step<P, Many>(model, kFloatConverged, params, target, {}, state, report);
      errors.push_back(relative_error(qacc_of(first_lane(state)), d.qacc));
    }
  }
  expect_within_float_bounds(errors);
  EXPECT_GT(on_base, 500) << "the test must see contacts of the base";
}

TEST(ManyPoints, SpheresOfTheBaseAreDealtToTheLegsBehindTheirOwn) {
  const LoadedQuadruped robot = load_quadruped(file_of(6, 3));
  const int expected[kNumLegs] = {5, 5, 4, 4};
  for (int leg = 0; leg < kNumLegs; ++leg) {
    const auto& own = robot.model.leg[leg];
    EXPECT_EQ(own.num_spheres, expected[leg]);
    EXPECT_EQ(own.foot, 2);
    EXPECT_EQ(own.sphere[0].link, 1) << "the thigh";
    EXPECT_EQ(own.sphere[2].radius, 0.02) << "the foot, which the file has first on the calf";
    for (int s = 3; s < own.num_spheres; ++s) EXPECT_EQ(own.sphere[s].link, -1);
  }
  EXPECT_EQ(robot.model.leg[1].sphere[3].centre[0], 0.22) << "corner_1";
}

TEST(ManyPoints, AFewPointsComeOutAsInTheirOwnProgram) {
  const Quadruped<double> model = load_quadruped(kPupper).model;
  EXPECT_FALSE(has_many_points(model));
  const auto few_params = nominal_params<double, AllLegs>(model, {});
  const auto many_params = nominal_params<double, Many>(model, {});
  const double qpos[kNq] = {0, 0, 0.12, 0.9, 0.3, 0.2, 0.1}, qvel[kNv] = {0.3, 0, -0.5};
  auto few = read<double, AllLegs>(qpos, qvel);
  auto many = read<double, Many>(qpos, qvel);
  const double target[kNumLegs][kJointsPerLeg] = {};
  for (int i = 0; i < 200; ++i) {
    StepReport<double, AllLegs> few_report;
    StepReport<double, Many> many_report;
    step<double, AllLegs>(model, {}, few_params, target, {}, few, few_report);
    step<double, Many>(model, {}, many_params, target, {}, many, many_report);
    ASSERT_EQ(qacc_of(few), qacc_of(many)) << "step " << i;
  }
}

TEST(ManyPoints, FourThreadsComputeWhatOneLoopDoes) {
  const Quadruped<double> model = load_quadruped(file_of(8, 3)).model;
  const double qpos[kNq] = {0, 0, 0.1, 0.1, 0.9, 0.3, 0.2, 0.1, 0.4, -1, 0, 0.5, -1.2};
  const double qvel[kNv] = {0.2, 0.1, -0.6, 0.5};
  auto looped = read<double, Many>(qpos, qvel);
  const auto params = nominal_params<double, Many>(model, {});
  std::vector<double> threaded[kNumLegs];
  State<double, Many> after = looped;
  const double target[kNumLegs][kJointsPerLeg] = {};
  StepReport<double, Many> report;
  step<double, Many>(model, kConverged, params, target, {}, after, report);
  using Legs = ManyPoints<EmulatedGroup::Legs>;
  EmulatedGroup group;
  group.run<Legs>([&](const Legs& legs) {
    PhysicsState<double, Legs> state;
    state.position = looped.position;
    state.orientation = looped.orientation;
    state.velocity = looped.velocity;
    state.omega = looped.omega;
    state.lin_acc = looped.lin_acc;
    state.ang_acc = looped.ang_acc;
    const int leg = legs.leg(0);
    std::memcpy(&state.leg[0], &looped.leg[leg], sizeof state.leg[0]);
    const double own_target[1][kJointsPerLeg] = {};
    StepReport<double, Legs> own;
    step<double, Legs>(model, kConverged, converted<double, Legs>(params, legs), own_target, legs,
                       state, own);
    threaded[leg] = {state.lin_acc.x,      state.lin_acc.y,      state.lin_acc.z,
                     state.leg[0].qacc[0], state.leg[0].qacc[1], state.leg[0].qacc[2]};
  });
  for (int leg = 0; leg < kNumLegs; ++leg) {
    EXPECT_NEAR(threaded[leg][0], after.lin_acc.x, 1e-9);
    EXPECT_NEAR(threaded[leg][2], after.lin_acc.z, 1e-9);
    for (int j = 0; j < kJointsPerLeg; ++j)
      EXPECT_NEAR(threaded[leg][3 + j], after.leg[leg].qacc[j], 1e-7);
  }
}

}  // namespace
}  // namespace kennel::testing
