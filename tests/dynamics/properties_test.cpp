// What any rigid body dynamics must obey, without MuJoCo's help.
#include <gtest/gtest.h>

#include "tests/dynamics/mujoco_reference.h"

namespace kennel::testing {
namespace {

/// The shipped robot without actuators, friction, damping or anything to touch: a free system.
Quadruped<double> free_robot() {
  Quadruped<double> model = load_quadruped(kPupper).model;
  for (auto& leg : model.leg) {
    leg.num_spheres = 0;
    for (auto& hinge : leg.hinge) {
      hinge.kp = hinge.kd = hinge.damping = hinge.frictionloss = hinge.stiffness = 0;
      hinge.limits_at_once = 0;
    }
  }
  return model;
}

State<double> tumbling(unsigned seed) {
  Draw draw(seed);
  double qpos[kNq] = {0, 0, 1, draw.normal(), draw.normal(), draw.normal(), draw.normal()},
         qvel[kNv];
  mju_normalize4(qpos + 3);
  for (int k = 0; k < kNumJoints; ++k) qpos[7 + k] = 0.5 * draw.normal();
  for (double& v : qvel) v = draw.normal();
  return read(qpos, qvel);
}

constexpr double kZeroTarget[kNumLegs][kJointsPerLeg] = {};

/// Inertial quantities of the whole robot by summing bodies.
struct Totals {
  Vec3<double> momentum, centre;
  double energy;
};

Totals totals(const Quadruped<double>& model, const State<double>& s) {
  const Params<double> params = nominal_params<double, AllLegs>(model, {});
  const Rotation<double> R = rotation(s.orientation);
  const Inertia<double> quarter = quarter_of_base<double, AllLegs>(model, params, R);
  const Vec3<double> zero{0, 0, 0};
  Vec3<double> linear = zero, h = zero;
  double kinetic = 0, mass = 0;
  const auto add = [&](const Inertia<double>& inertia, const Motion<double>& V) {
    const Force<double> p = inertia * V;
    linear = linear + p.f;
    h = h + inertia.h;
    mass += inertia.m;
    kinetic += 0.5 * dot(V, p);
  };
  const Motion<double> V0{R * s.omega, s.velocity};
  for (int leg = 0; leg < kNumLegs; ++leg) add(quarter, V0);
  for (int leg = 0; leg < kNumLegs; ++leg) {
    const auto chain = leg_chain<double>(model.leg[leg], params.leg[leg], R, s.leg[leg].q);
    Motion<double> V = V0;
    for (int j = 0; j < kJointsPerLeg; ++j) {
      V = V + s.leg[leg].qd[j] * chain.S[j];
      add(chain.inertia[j], V);
      kinetic += 0.5 * model.leg[leg].hinge[j].armature * s.leg[leg].qd[j] * s.leg[leg].qd[j];
    }
  }
  const Vec3<double> centre = s.position + (1 / mass) * h;
  return {linear, centre, kinetic - mass * model.gravity[2] * centre.z};
}

TEST(FreeFlight, KeepsHorizontalMomentumAndGainsGravitysVertically) {
  const Quadruped<double> model = free_robot();
  const Params<double> params = nominal_params<double, AllLegs>(model, {});
  State<double> s = tumbling(1);
  const Totals before = totals(model, s);
  StepReport<double, AllLegs> report;
  Quadruped<double> fine = model;
  fine.timestep = 1e-5;
  const int steps = 2000;
  for (int i = 0; i < steps; ++i)
    step<double, AllLegs>(fine, {1, 1}, params, kZeroTarget, {}, s, report);
  const Totals after = totals(model, s);
  const double fallen = model.total_mass * model.gravity[2] * fine.timestep * steps;
  EXPECT_NEAR(after.momentum.x, before.momentum.x, 2e-4);
  EXPECT_NEAR(after.momentum.y, before.momentum.y, 2e-4);
  EXPECT_NEAR(after.momentum.z, before.momentum.z + fallen, 2e-4);
}

TEST(FreeFlight, EnergyErrorShrinksInProportionToTheTimestep) {
  const auto drift = [](double timestep) {
    Quadruped<double> model = free_robot();
    model.timestep = timestep;
    const Params<double> params = nominal_params<double, AllLegs>(model, {});
    State<double> s = tumbling(2);
    const double before = totals(model, s).energy;
    StepReport<double, AllLegs> report;
    for (int i = 0; i < std::lround(0.02 / timestep); ++i)
      step<double, AllLegs>(model, {1, 1}, params, kZeroTarget, {}, s, report);
    return std::abs(totals(model, s).energy - before);
  };
  const double coarse = drift(2e-4), fine = drift(5e-5);
  EXPECT_LT(fine, 0.02);
  EXPECT_NEAR(coarse / fine, 4.0, 1.0) << "semi-implicit Euler is of first order";
}

/// Dense M (18x18, base angular then linear) by unit accelerations.
std::vector<double> mass_matrix(const Quadruped<double>& model, const State<double>& s) {
  constexpr int n = kNv;
  const Params<double> params = nominal_params<double, AllLegs>(model, {});
  const Rotation<double> R = rotation(s.orientation);
  const BaseMotion<double> base = base_motion<double, AllLegs>(model, params, s, R);
  std::vector<double> M(n * n, 0.0);
  double block[kNumLegs][kBaseSystem], sum[kBaseSystem];
  for (int leg = 0; leg < kNumLegs; ++leg) {
    LegProblem<double, kFewPoints> problem;
    StepReport<double, AllLegs>::PerLeg report;
    build_leg_problem<double>(model, model.leg[leg], params, params.leg[leg], base, R, s.leg[leg],
                              kZeroTarget[leg], problem, report);
    add_inertia(problem.inertia, block[leg]);
    for (int k = 21; k < kBaseSystem; ++k) block[leg][k] = 0;
    for (int j = 0; j < kJointsPerLeg; ++j) {
      const int column = 6 + kJointsPerLeg * leg + j;
      const Force<double>& F = problem.M.F[j];
      const double rows[6] = {F.n.x, F.n.y, F.n.z, F.f.x, F.f.y, F.f.z};
      for (int i = 0; i < 6; ++i) M[i * n + column] = M[column * n + i] = rows[i];
      for (int k = 0; k <= j; ++k) {
        const int other = 6 + kJointsPerLeg * leg + k;
        M[column * n + other] = M[other * n + column] = problem.M.A[lower(j, k)];
      }
    }
  }
  AllLegs{}.sum(block, sum);
  for (int i = 0; i < 6; ++i)
    for (int k = 0; k <= i; ++k) M[i * n + k] = M[k * n + i] = sum[lower(i, k)];
  return M;
}

TEST(MassMatrix, IsSymmetricPositiveDefinite) {
  const Quadruped<double> model = load_quadruped(kPupper).model;
  for (unsigned seed = 0; seed < 20; ++seed) {
    std::vector<double> M = mass_matrix(model, tumbling(seed));
    EXPECT_EQ(mju_cholFactor(M.data(), kNv, 1e-12), kNv);
  }
}

TEST(MassMatrix, TimesQaccEqualsMinusTheBiasOfInverseDynamics) {
  const Quadruped<double> model = free_robot();
  const Params<double> params = nominal_params<double, AllLegs>(model, {});
  State<double> s = tumbling(7);
  StepReport<double, AllLegs> report;
  State<double> solved = s;
  forward<double, AllLegs>(model, {1, 1}, params, kZeroTarget, {}, solved, report);
  const Rotation<double> R = rotation(s.orientation);
  const BaseMotion<double> still =
      base_motion<double, AllLegs>(model, params, s, R);  // warm start zero: M a + bias = bias
  const Vec3<double> alpha = R * solved.ang_acc;
  std::vector<double> a = {alpha.x,          alpha.y,          alpha.z,
                           solved.lin_acc.x, solved.lin_acc.y, solved.lin_acc.z};
  for (const auto& leg : solved.leg) a.insert(a.end(), leg.qacc, leg.qacc + kJointsPerLeg);
  const std::vector<double> M = mass_matrix(model, s);
  std::vector<double> bias(kNv, 0.0);
  for (int leg = 0; leg < kNumLegs; ++leg) {
    LegProblem<double, kFewPoints> problem;
    StepReport<double, AllLegs>::PerLeg out;
    build_leg_problem<double>(model, model.leg[leg], params, params.leg[leg], still, R, s.leg[leg],
                              kZeroTarget[leg], problem, out);
    const Force<double>& b = problem.base_gradient;
    const double base[6] = {b.n.x, b.n.y, b.n.z, b.f.x, b.f.y, b.f.z};
    for (int i = 0; i < 6; ++i) bias[i] += base[i];
    for (int j = 0; j < kJointsPerLeg; ++j) bias[6 + kJointsPerLeg * leg + j] = problem.gradient[j];
  }
  for (int i = 0; i < kNv; ++i) {
    double product = 0;
    for (int k = 0; k < kNv; ++k) product += M[i * kNv + k] * a[k];
    EXPECT_NEAR(product, -bias[i], 1e-10) << "row " << i;
  }
}

TEST(Mirror, AMirroredRobotMovesAsTheMirrorImage) {
  // The published frames are rounded to six digits, so the two halves of the robot differ in the
  // sixth.
  constexpr double kRounding = 2e-3;
  const Quadruped<double> model = load_quadruped(kPupper).model;
  const Params<double> params = nominal_params<double, AllLegs>(model, {});
  Draw draw(3);
  double qpos[kNq] = {0, 0, 0.15, 1, 0.05, 0.08, 0.3}, qvel[kNv];
  mju_normalize4(qpos + 3);
  for (int k = 0; k < kNumJoints; ++k) qpos[7 + k] = 0.2 * draw.normal();
  for (double& v : qvel) v = 0.5 * draw.normal();
  double mirrored_qpos[kNq] = {qpos[0], -qpos[1], qpos[2], qpos[3], -qpos[4], qpos[5], -qpos[6]};
  double mirrored_qvel[kNv] = {qvel[0], -qvel[1], qvel[2], -qvel[3], qvel[4], -qvel[5]};
  double target[kNumLegs][kJointsPerLeg], mirrored_target[kNumLegs][kJointsPerLeg];
  for (int leg = 0; leg < kNumLegs; ++leg)
    for (int j = 0; j < kJointsPerLeg; ++j) {
      target[leg][j] = 0.5 * draw.normal();
      mirrored_target[leg ^ 1][j] = -target[leg][j];
      mirrored_qpos[7 + 3 * (leg ^ 1) + j] = -qpos[7 + 3 * leg + j];
      mirrored_qvel[6 + 3 * (leg ^ 1) + j] = -qvel[6 + 3 * leg + j];
    }
  State<double> s = read(qpos, qvel), image = read(mirrored_qpos, mirrored_qvel);
  StepReport<double, AllLegs> report;
  forward<double, AllLegs>(model, kConverged, params, target, {}, s, report);
  forward<double, AllLegs>(model, kConverged, params, mirrored_target, {}, image, report);
  const auto a = qacc_of(s), b = qacc_of(image);
  const double sign[6] = {1, -1, 1, -1, 1, -1};
  double size = 1;
  for (double x : a) size = std::max(size, std::abs(x));
  for (int i = 0; i < 6; ++i) EXPECT_NEAR(b[i], sign[i] * a[i], kRounding * size) << i;
  for (int leg = 0; leg < kNumLegs; ++leg)
    for (int j = 0; j < kJointsPerLeg; ++j)
      EXPECT_NEAR(b[6 + 3 * (leg ^ 1) + j], -a[6 + 3 * leg + j], kRounding * size);
}

}  // namespace
}  // namespace kennel::testing
