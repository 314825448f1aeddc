// The factored Hessian that a solve hands out, against MuJoCo's M + J' D J at the solution.
#include <gtest/gtest.h>

#include <array>
#include <cstring>

#include "tests/dynamics/emulated_group.h"
#include "tests/dynamics/mujoco_reference.h"
#include "tests/model/sample_robot.h"

namespace kennel::testing {
namespace {

constexpr double kSolves = 1e-8;  // relative; of H x = b where H has entries of 1e-2 to 1e6

/// A right-hand side or a solution in MuJoCo's order and axes: the base's linear part in the
/// world's, its angular part in the base's.
using Numbers = std::array<double, kNv>;

/// The state in which a problem is built, and what drives it.
struct Scene {
  Quadruped<double> model;
  State<double> state;
  double ctrl[kNumLegs][kJointsPerLeg];
};

/// Solves a scene's problem, then H x = b with the factors that are left.
template <class Legs, bool kStiff>
Numbers solved(const Scene& scene, const Numbers& b, const Legs& legs) {
  const auto params = nominal_params<double, Legs>(scene.model, legs);
  PhysicsState<double, Legs> state;
  std::memcpy(static_cast<void*>(&state), &scene.state, offsetof(State<double>, leg));
  double ctrl[Legs::kLocal][kJointsPerLeg], rhs[Legs::kLocal][kJointsPerLeg],
      x[Legs::kLocal][kJointsPerLeg];
  for (int slot = 0; slot < Legs::kLocal; ++slot) {
    const int leg = legs.leg(slot);
    std::memcpy(&state.leg[slot], &scene.state.leg[leg], sizeof state.leg[slot]);
    std::copy_n(scene.ctrl[leg], kJointsPerLeg, ctrl[slot]);
    std::copy_n(b.data() + 6 + kJointsPerLeg * leg, kJointsPerLeg, rhs[slot]);
  }
  const Rotation<double> R = rotation(state.orientation);
  const BaseMotion<double> base = base_motion<double>(scene.model, params, state, R);
  LegProblem<double, Legs::kPoints> problem[Legs::kLocal];
  StepReport<double, Legs> report;
  Acceleration<double, Legs> a;
  a.base = base.qacc;
  for (int slot = 0; slot < Legs::kLocal; ++slot) {
    build_leg_problem<double>(scene.model, leg_under(legs, scene.model, slot), params,
                              params.leg[slot], base, R, state.leg[slot], ctrl[slot], problem[slot],
                              report.leg[slot]);
    std::copy_n(state.leg[slot].qacc, kJointsPerLeg, a.leg[slot]);
  }
  const BaseFriction<double, Legs> friction{scene.model, state, R};
  using Factors = ArrowFactors<double, Legs>;
  const Factors H = kStiff
                        ? solve_stiff<double, Legs, Factors>(problem, friction, kConverged, legs, a)
                        : solve<double, Legs, Factors>(problem, friction, kConverged, legs, a);
  const Force<double> force{R * Vec3<double>{b[3], b[4], b[5]}, {b[0], b[1], b[2]}};
  const Motion<double> base_x = solve_with(H, force, rhs, legs, x);
  const Vec3<double> w = to_inner(R, base_x.w);
  Numbers out{base_x.v.x, base_x.v.y, base_x.v.z, w.x, w.y, w.z};
  for (int slot = 0; slot < Legs::kLocal; ++slot)
    std::copy_n(x[slot], kJointsPerLeg, out.data() + 6 + kJointsPerLeg * legs.leg(slot));
  return out;
}

/// Whether a row's cost is curved where J a is `Ja`. (MuJoCo's own efc_state speaks of a pyramid as
/// a whole.)
bool bends(const mjData& d, int row, double Ja) {
  const double jar = Ja - d.efc_aref[row];
  return d.efc_type[row] == mjCNSTR_FRICTION_DOF
             ? std::abs(jar) * d.efc_D[row] < d.efc_frictionloss[row]
             : jar < 0;
}

/// MuJoCo's H x at the state of its data.
Numbers hessian_times(const mjModel& m, const mjData& d, const Numbers& x) {
  Numbers out{};
  std::vector<mjtNum> Jx(d.nefc), jar(d.nefc), JTf(kNv);
  mj_mulM(&m, &d, out.data(), x.data());
  mj_mulJacVec(&m, &d, Jx.data(), x.data());
  mj_mulJacVec(&m, &d, jar.data(), d.qacc);
  for (int row = 0; row < d.nefc; ++row) Jx[row] *= bends(d, row, jar[row]) ? d.efc_D[row] : 0;
  mj_mulJacTVec(&m, &d, JTf.data(), Jx.data());
  for (int i = 0; i < kNv; ++i) out[i] += JTf[i];
  return out;
}

class FactorsOfASolve : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(
    Bases, FactorsOfASolve,
    ::testing::Values("<freejoint/>", "<joint type='free' armature='0.3' frictionloss='20'/>"));

TEST_P(FactorsOfASolve, SolveWithTheHessianAtTheSolution) {
  SampleRobot robot;
  robot.base_joint = GetParam();
  robot.joint_attributes = "frictionloss='0.2'";
  Reference reference(written("factors.xml", robot.mjcf()));
  reference.converge();
  mjModel& m = *reference.model;
  mjData& d = *reference.data;
  Scene scene{quadruped_from(m, "factors").model, {}, {}};
  Draw draw(90);
  int contacts = 0;
  for (int i = 0; i < 15; ++i) {
    double qpos[kNq] =
        {0, 0, draw.uniform(0.2, 0.3), 1, 0.2 * draw.normal(), 0.2 * draw.normal(), draw.normal()},
           qvel[kNv];
    mju_normalize4(qpos + 3);
    const double pose[kJointsPerLeg] = {0, 0.8, -1.5};
    for (int k = 0; k < kNumJoints; ++k) {
      qpos[7 + k] = pose[k % 3] + draw.uniform(-1, 1);
      d.ctrl[k] = scene.ctrl[k / 3][k % 3] = pose[k % 3] + draw.uniform(-1, 1);
    }
    for (double& v : qvel) v = 0.3 * draw.normal();
    scene.state = read(qpos, qvel);
    write(scene.state, d);
    mj_forward(&m, &d);
    contacts += d.ncon;
    Numbers b;
    for (double& x : b) x = draw.normal();

    const Numbers looped = solved<AllLegs, false>(scene, b, {});
    Numbers stiff = solved<AllLegs, true>(scene, b, {}), threaded;
    EmulatedGroup group;
    Numbers own[kNumLegs];
    group.run<EmulatedGroup::Legs>([&](const EmulatedGroup::Legs& legs) {
      own[legs.leg(0)] = solved<EmulatedGroup::Legs, false>(scene, b, legs);
    });
    threaded = own[0];
    for (int k = 0; k < kNumJoints; ++k) threaded[6 + k] = own[k / 3][6 + k];
    for (const Numbers& x : {looped, stiff, threaded}) {
      const Numbers back = hessian_times(m, d, x);
      for (int k = 0; k < kNv; ++k) EXPECT_NEAR(back[k], b[k], kSolves) << "dof " << k;
    }
  }
  EXPECT_GT(contacts, 15);
}

}  // namespace
}  // namespace kennel::testing
