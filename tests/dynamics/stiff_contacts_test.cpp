// Single precision on robots whose feet are soft at first touch and stiff when pressed in, at a
// high impratio, as many published models have them; and what loading says of such models.
#include <gtest/gtest.h>

#include "kennel/core/check.h"
#include "kennel/core/pack.h"
#include "tests/dynamics/float_bounds.h"
#include "tests/dynamics/mujoco_reference.h"

namespace kennel::testing {
namespace {

using P = NativePack;

/// A lane of a packed state in double, and back.
State<double> lane_of_state(const State<P>& s, int lane) {
  State<double> out;
  for (std::size_t f = 0; f < sizeof(State<double>) / 8; ++f)
    reinterpret_cast<double*>(&out)[f] =
        reinterpret_cast<const float*>(&s)[f * kNativeWidth + static_cast<std::size_t>(lane)];
  return out;
}
void set_lane(const State<double>& s, int lane, State<P>& out) {
  for (std::size_t f = 0; f < sizeof(State<double>) / 8; ++f)
    reinterpret_cast<float*>(&out)[f * kNativeWidth + static_cast<std::size_t>(lane)] =
        static_cast<float>(reinterpret_cast<const double*>(&s)[f]);
}

void soften_feet(mjModel& m, double impratio) {
  const double solimp[] = {0.015, 1, 0.022};
  for (int g = 0; g < m.ngeom; ++g) {
    if (m.geom_bodyid[g] == 0) continue;
    std::copy_n(solimp, 3, m.geom_solimp + mjNIMP * g);
    m.geom_priority[g] = 1;
  }
  m.opt.impratio = impratio;
}

/// A robot `length` times as long and `mass` times as heavy, whose motors have no rotor.
void enlarge(mjModel& m, double length, double mass) {
  const auto scale = [](mjtNum* x, int n, double factor) {
    for (int i = 0; i < n; ++i) x[i] *= factor;
  };
  scale(m.body_pos, 3 * m.nbody, length);
  scale(m.body_ipos, 3 * m.nbody, length);
  scale(m.geom_pos, 3 * m.ngeom, length);
  for (int g = 0; g < m.ngeom; ++g)
    if (m.geom_type[g] == mjGEOM_SPHERE) scale(m.geom_size + 3 * g, 3, length);
  scale(m.body_mass, m.nbody, mass);
  scale(m.body_inertia, 3 * m.nbody, mass * length * length);
  scale(m.dof_armature, m.nv, 0);
  const double torque = mass * length;
  scale(m.dof_damping, m.nv, torque);
  scale(m.dof_frictionloss, m.nv, torque);
  scale(m.actuator_gainprm, mjNGAIN * m.nu, torque);
  scale(m.actuator_biasprm, mjNBIAS * m.nu, torque);
  scale(m.actuator_forcerange, 2 * m.nu, torque);
  scale(m.qpos0, 3, length);
  mjData* data = mj_makeData(&m);
  mj_setConst(&m, data);
  mj_deleteData(data);
}

struct Errors {
  double median, worst;
};

Errors errors_of(std::vector<double> errors) {
  std::sort(errors.begin(), errors.end());
  return {errors[errors.size() / 2], errors.back()};
}

/// Errors of qacc beside MuJoCo over random steps of robots thrown to the ground, of the model as
/// it was loaded and of the one that takes the fast solver; both from the states that the former
/// passes through.
std::pair<Errors, Errors> errors_on_the_ground(double length, double mass) {
  std::vector<double> careful, fast;
  int contacts = 0;
  for (unsigned seed = 0; seed < 6; ++seed) {
    Reference reference(kPupper);
    mjModel& m = *reference.model;
    mjData& d = *reference.data;
    soften_feet(m, 100);
    if (length > 1) enlarge(m, length, mass);
    reference.converge();
    Draw draw(700 + seed);
    const Quadruped<double> exact = quadruped_from(m, "test").model;
    EXPECT_TRUE(exact.stiff);
    Params<double> drawn = random_params(exact, draw);
    for (auto& leg : drawn.leg)
      for (double& mu : leg.friction) mu = 0.8;
    apply(drawn, m);
    const Quadruped<float> model = to_float(exact);
    Quadruped<float> not_stiff = model;
    not_stiff.stiff = 0;
    const Params<P> params = converted<P, AllLegs>(drawn, AllLegs{});
    State<P> state{};
    for (int lane = 0; lane < kNativeWidth; ++lane) {
      double qpos[kNq] = {0,
                          0,
                          draw.uniform(0.06, 0.2) * length,
                          draw.normal(),
                          0.2 * draw.normal(),
                          0.2 * draw.normal(),
                          draw.normal()},
             qvel[kNv];
      mju_normalize4(qpos + 3);
      for (int k = 0; k < kNumJoints; ++k) qpos[7 + k] = draw.uniform(-0.8, 0.8);
      for (double& v : qvel) v = draw.normal();
      set_lane(read(qpos, qvel), lane, state);
    }
    P target[kNumLegs][kJointsPerLeg];
    for (int i = 0; i < 80; ++i) {
      if (i % 5 == 0)
        for (int k = 0; k < kNumJoints; ++k)
          for (int lane = 0; lane < kNativeWidth; ++lane)
            reinterpret_cast<float*>(&target[k / 3][k % 3])[lane] =
                static_cast<float>(draw.normal());
      const State<P> before = state;
      State<P> hasty = state;
      StepReport<P, AllLegs> report;
      forward<P, AllLegs>(not_stiff, kConverged, params, target, {}, hasty, report);
      step<P, AllLegs>(model, kConverged, params, target, {}, state, report);
      for (int lane = 0; lane < kNativeWidth; ++lane) {
        write(lane_of_state(before, lane), d);
        mju_normalize4(d.qpos + 3);
        for (int k = 0; k < kNumJoints; ++k) d.ctrl[k] = target[k / 3][k % 3][lane];
        mj_forward(&m, &d);
        contacts += d.ncon;
        careful.push_back(relative_error(qacc_of(lane_of_state(state, lane)), d.qacc));
        fast.push_back(relative_error(qacc_of(lane_of_state(hasty, lane)), d.qacc));
      }
    }
  }
  EXPECT_GT(contacts, 1000);
  std::pair<Errors, Errors> out{errors_of(careful), errors_of(fast)};
  std::printf("%zu steps: median %.2g, worst %.2g; with the fast solver %.2g, %.2g\n",
              careful.size(), out.first.median, out.first.worst, out.second.median,
              out.second.worst);
  return out;
}

TEST(StiffContacts, FloatMatchesMujocoOnSoftFeetAtHighImpratio) {
  const auto [careful, fast] = errors_on_the_ground(1, 1);
  EXPECT_LT(careful.median, kFloatMedian);
  EXPECT_LT(careful.worst, kFloatWorst);
  EXPECT_GT(fast.worst, 10 * kFloatWorst) << "these states do not need the careful solver";
}

TEST(StiffContacts, FloatMatchesMujocoOnALargeRobotWithoutArmature) {
  const auto [careful, fast] = errors_on_the_ground(3.3, 14);
  EXPECT_LT(careful.median, kFloatMedian);
  EXPECT_LT(careful.worst, kFloatWorst);
  EXPECT_GT(fast.worst, 10 * kFloatWorst) << "these states do not need the careful solver";
}

/// The shipped robot with soft feet whose largest D is `stiffness` over a foot's effective mass.
MjModelPtr robot_of_stiffness(double stiffness) {
  MjModelPtr m = compile_mjcf(kPupper);
  const double mu2 = 0.8 * 0.8, largest_odds = mjMAXIMP / (1 - mjMAXIMP);
  soften_feet(*m, stiffness * 2 * mu2 * (1 + mu2) / largest_odds);
  return m;
}

TEST(StiffModels, TakeTheCarefulSolverFromWhereTheFastOneFails) {
  EXPECT_EQ(load_quadruped(kPupper).model.stiff, 0);
  EXPECT_EQ(quadruped_from(*robot_of_stiffness(490), "test").model.stiff, 0);
  EXPECT_EQ(quadruped_from(*robot_of_stiffness(510), "test").model.stiff, 1);
  EXPECT_EQ(to_float(quadruped_from(*robot_of_stiffness(510), "test").model).stiff, 1);
}

TEST(StiffModels, AreFoundByTheirJointLimitsToo) {
  const MjModelPtr m = compile_mjcf(kPupper);
  for (int j = 0; j < m->njnt; ++j) m->jnt_solimp[mjNIMP * j + 1] = 0.997;
  EXPECT_EQ(quadruped_from(*m, "test").model.stiff, 0);
  m->jnt_solimp[mjNIMP * 3 + 1] = 0.9999;
  EXPECT_EQ(quadruped_from(*m, "test").model.stiff, 1);
}

TEST(StiffModels, AreWarnedOfBeyondWhatFloatFollows) {
  const std::size_t others = load_quadruped(kPupper).warnings.size();
  EXPECT_EQ(quadruped_from(*robot_of_stiffness(0.98e6), "test").warnings.size(), others);
  const auto warnings = quadruped_from(*robot_of_stiffness(1.02e6), "a.xml").warnings;
  ASSERT_EQ(warnings.size(), others + 1) << "one line, whatever the number of feet";
  for (const char* word : {"a.xml", "geom", "1.02e+06", "impratio", "solimp", "friction",
                           "single precision", "--precision double"})
    EXPECT_NE(warnings.back().find(word), std::string::npos) << word << ": " << warnings.back();
}

TEST(StiffModels, AreRefusedWhereMostOfAStepWouldBeWrong) {
  EXPECT_NO_THROW(quadruped_from(*robot_of_stiffness(0.98e8), "test"));
  try {
    quadruped_from(*robot_of_stiffness(1.02e8), "a.xml");
    FAIL() << "accepted";
  } catch (const Error& e) {
    const std::string message = e.what();
    for (const char* word : {"a.xml", "geom", "impratio", "solimp", "friction", "1e+08"})
      EXPECT_NE(message.find(word), std::string::npos) << word << ": " << message;
  }
}

}  // namespace
}  // namespace kennel::testing
