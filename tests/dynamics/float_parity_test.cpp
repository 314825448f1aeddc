// The float pack against MuJoCo in double: one step at a time with a converged solver, and over a
// second.
#include <gtest/gtest.h>

#include "kennel/core/pack.h"
#include "tests/dynamics/float_bounds.h"
#include "tests/dynamics/mujoco_reference.h"

namespace kennel::testing {
namespace {

constexpr double kSecondHeight = 2e-4,
                 kSecondJoint = 2e-3;  // m and rad after one second on the ground
constexpr SolverOptions kFloatConverged{20, 8};

using P = NativePack;

/// The first lane of a packed state in double.
State<double> first_lane(const State<P>& s) {
  State<double> out;
  for (std::size_t f = 0; f < sizeof(State<double>) / 8; ++f)
    reinterpret_cast<double*>(&out)[f] = reinterpret_cast<const float*>(&s)[f * kNativeWidth];
  return out;
}

State<P> broadcast(const State<double>& s) {
  State<P> out;
  for (std::size_t f = 0; f < sizeof(State<double>) / 8; ++f)
    for (int lane = 0; lane < kNativeWidth; ++lane)
      reinterpret_cast<float*>(&out)[f * kNativeWidth + static_cast<std::size_t>(lane)] =
          static_cast<float>(reinterpret_cast<const double*>(&s)[f]);
  return out;
}

TEST(FloatParity, ConvergedPackMatchesMujocoStepByStep) {
  std::vector<double> errors;
  for (unsigned seed = 0; seed < 20; ++seed) {
    Reference reference(kPupper);
    reference.converge();
    mjModel& m = *reference.model;
    mjData& d = *reference.data;
    Draw draw(300 + seed);
    const Quadruped<double> exact = quadruped_from(m, "test").model;
    const Params<double> drawn = random_params(exact, draw);
    apply(drawn, m);
    const Quadruped<float> model = to_float(exact);
    const Params<P> params = converted<P, AllLegs>(drawn, AllLegs{});
    double qpos[kNq] = {0,
                        0,
                        draw.uniform(0.08, 0.2),
                        draw.normal(),
                        0.2 * draw.normal(),
                        0.2 * draw.normal(),
                        draw.normal()},
           qvel[kNv];
    mju_normalize4(qpos + 3);
    for (int k = 0; k < kNumJoints; ++k) qpos[7 + k] = draw.uniform(-0.8, 0.8);
    for (double& v : qvel) v = draw.normal();
    State<P> state = broadcast(read(qpos, qvel));
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
      StepReport<P, AllLegs> report;
      step<P, AllLegs>(model, kFloatConverged, params, target, {}, state, report);
      errors.push_back(relative_error(qacc_of(first_lane(state)), d.qacc));
    }
  }
  expect_within_float_bounds(errors);
}

TEST(FloatParity, PackFollowsMujocoForOneSecondOfStandingAndShifting) {
  Reference reference(kPupper);
  reference.converge();
  mjModel& m = *reference.model;
  mjData& d = *reference.data;
  const Quadruped<float> model = to_float(quadruped_from(m, "test").model);
  const Params<P> params = nominal_params<P, AllLegs>(model, {});
  double qpos[kNq] = {0, 0, 0.165, 1, 0, 0, 0}, qvel[kNv] = {};
  for (int k = 0; k < kNumJoints; ++k) qpos[7 + k] = pupper_pose(k);
  State<P> state = broadcast(read(qpos, qvel));
  std::copy_n(qpos, kNq, d.qpos);
  P target[kNumLegs][kJointsPerLeg];
  for (int i = 0; i < 250; ++i) {
    for (int k = 0; k < kNumJoints; ++k) {
      const double goal = qpos[7 + k] + 0.15 * std::sin(0.05 * i + 0.7 * k);
      d.ctrl[k] = static_cast<float>(goal);
      target[k / 3][k % 3] = P(static_cast<float>(goal));
    }
    mj_step(&m, &d);
    StepReport<P, AllLegs> report;
    step<P, AllLegs>(model, kFloatConverged, params, target, {}, state, report);
  }
  const State<double> ours = first_lane(state);
  EXPECT_NEAR(ours.position.z, d.qpos[2], kSecondHeight);
  EXPECT_GT(d.qpos[2], 0.1) << "the robot must still stand";
  for (int k = 0; k < kNumJoints; ++k)
    EXPECT_NEAR(ours.leg[k / 3].q[k % 3], d.qpos[7 + k], kSecondJoint);
}

TEST(DoubleParity, TrajectoryFollowsMjStepForOneSecond) {
  Reference reference(kPupper);
  reference.converge();
  mjModel& m = *reference.model;
  mjData& d = *reference.data;
  const Quadruped<double> model = quadruped_from(m, "test").model;
  const Params<double> params = nominal_params<double, AllLegs>(model, {});
  double qpos[kNq] = {0.1, -0.2, 0.17, 0.9, 0.1, -0.05, 0.4}, qvel[kNv];
  mju_normalize4(qpos + 3);
  Draw draw(11);
  for (int k = 0; k < kNumJoints; ++k) qpos[7 + k] = 0.2 * draw.normal();
  for (double& v : qvel) v = 0.5 * draw.normal();
  State<double> state = read(qpos, qvel);
  std::copy_n(qpos, kNq, d.qpos);
  std::copy_n(qvel, kNv, d.qvel);
  double target[kNumLegs][kJointsPerLeg];
  for (int i = 0; i < 250; ++i) {
    for (int k = 0; k < kNumJoints; ++k)
      target[k / 3][k % 3] = d.ctrl[k] = 0.4 * std::sin(0.1 * i + k);
    mj_step(&m, &d);
    StepReport<double, AllLegs> report;
    step<double, AllLegs>(model, kConverged, params, target, {}, state, report);
  }
  EXPECT_NEAR(state.position.x, d.qpos[0], 1e-7);
  EXPECT_NEAR(state.position.z, d.qpos[2], 1e-7);
  for (int k = 0; k < kNumJoints; ++k) EXPECT_NEAR(state.leg[k / 3].q[k % 3], d.qpos[7 + k], 1e-6);
}

}  // namespace
}  // namespace kennel::testing
