// Derivatives of the physics by dual numbers beside central differences of the same physics in
// double.
//
// Where the motion is smooth they agree to the quotient's own error. Where they part is in
// the last tests: at touchdown the acceleration jumps, and the dual number sees the side it is on.
#include "kennel/core/dual.h"

#include <gtest/gtest.h>

#include "tests/dynamics/mujoco_reference.h"

namespace kennel::testing {
namespace {

constexpr int kDirections = 4;
using D = Dual<double, kDirections>;
constexpr int kControlStep = 5;     // physics steps
constexpr double kQuotient = 1e-6;  // half the width of a central difference

constexpr int kDims = kNq + 2 * kNv + kNumJoints;  // state, warm start, targets

/// A state and targets that follow from a few numbers, all zero at the state itself.
struct Family {
  State<double> start;
  double target[kNumLegs][kJointsPerLeg];
  double direction[kDirections][kDims];
};

/// Random directions through a state: everything moves at once, so that no part of the Jacobian can
/// be wrong unseen.
Family random_family(const State<double>& start, const double (&target)[kNumLegs][kJointsPerLeg],
                     unsigned seed) {
  Family f;
  f.start = start;
  std::copy_n(&target[0][0], kNumJoints, &f.target[0][0]);
  Draw draw(seed);
  for (auto& direction : f.direction)
    for (double& x : direction) x = 0.1 * draw.normal();
  return f;
}

template <class T>
struct Situation {
  State<T> state;
  T target[kNumLegs][kJointsPerLeg];
};

template <class T>
Situation<T> at(const Family& f, const T (&p)[kDirections]) {
  int next = 0;
  const auto moved = [&](double x) {
    T out(x);
    for (int k = 0; k < kDirections; ++k) out += p[k] * T(f.direction[k][next]);
    ++next;
    return out;
  };
  const auto moved3 = [&](const Vec3<double>& v) {
    const T vx = moved(v.x), vy = moved(v.y), vz = moved(v.z);
    return Vec3<T>{vx, vy, vz};
  };
  Situation<T> s;
  const State<double>& from = f.start;
  s.state.position = moved3(from.position);
  const T w = moved(from.orientation.w), x = moved(from.orientation.x),
          y = moved(from.orientation.y), z = moved(from.orientation.z);
  s.state.orientation = normalised(Quat<T>{w, x, y, z});
  s.state.velocity = moved3(from.velocity);
  s.state.omega = moved3(from.omega);
  s.state.lin_acc = moved3(from.lin_acc);
  s.state.ang_acc = moved3(from.ang_acc);
  for (int leg = 0; leg < kNumLegs; ++leg)
    for (int j = 0; j < kJointsPerLeg; ++j) {
      s.state.leg[leg].q[j] = moved(from.leg[leg].q[j]);
      s.state.leg[leg].qd[j] = moved(from.leg[leg].qd[j]);
      s.state.leg[leg].qacc[j] = moved(from.leg[leg].qacc[j]);
      s.target[leg][j] = moved(f.target[leg][j]);
    }
  return s;
}

/// The numbers of a state: qpos, qvel, warm start.
template <class T>
std::vector<T> numbers(const State<T>& s) {
  std::vector<T> out;
  for (const Vec3<T>& v : {s.position, s.velocity, s.omega, s.lin_acc, s.ang_acc})
    out.insert(out.end(), {v.x, v.y, v.z});
  out.insert(out.end(), {s.orientation.w, s.orientation.x, s.orientation.y, s.orientation.z});
  for (const auto& leg : s.leg)
    for (int j = 0; j < kJointsPerLeg; ++j)
      out.insert(out.end(), {leg.q[j], leg.qd[j], leg.qacc[j]});
  return out;
}

struct Robot {
  Quadruped<double> model = load_quadruped(kPupper).model;
  Params<double> params = nominal_params<double, AllLegs>(model, {});
};

template <class T>
std::vector<T> rollout(const Robot& robot, const SolverOptions& options, int steps,
                       const Family& family, const T (&p)[kDirections]) {
  Situation<T> s = at(family, p);
  const Params<T> params = converted<T, AllLegs>(robot.params, AllLegs{});
  StepReport<T, AllLegs> report;
  for (int i = 0; i < steps; ++i)
    step<T, AllLegs>(robot.model, options, params, s.target, {}, s.state, report);
  return numbers(s.state);
}

std::vector<D> by_duals(const Robot& robot, const SolverOptions& options, int steps,
                        const Family& family) {
  D p[kDirections];
  for (int k = 0; k < kDirections; ++k) p[k] = D::parameter(0, k);
  return rollout<D>(robot, options, steps, family, p);
}

/// The derivatives by one parameter.
template <class T>
std::vector<double> rates(const std::vector<Dual<T, kDirections>>& numbers, int k) {
  std::vector<double> out;
  for (const auto& x : numbers) out.push_back(x.rate[k]);
  return out;
}

/// The greatest `relative_error` of the duals' derivatives beside quotients.
double error_of_duals(const Robot& robot, const SolverOptions& options, int steps,
                      const Family& family) {
  const std::vector<D> duals = by_duals(robot, options, steps, family);
  double worst = 0;
  for (int k = 0; k < kDirections; ++k) {
    double ahead[kDirections] = {}, behind[kDirections] = {};
    ahead[k] = kQuotient;
    behind[k] = -kQuotient;
    std::vector<double> quotients = rollout<double>(robot, options, steps, family, ahead);
    const auto b = rollout<double>(robot, options, steps, family, behind);
    for (std::size_t i = 0; i < b.size(); ++i)
      quotients[i] = (quotients[i] - b[i]) / (2 * kQuotient);
    worst = std::max(worst, relative_error(rates(duals, k), quotients.data()));
  }
  return worst;
}

/// Pupper's pose, standing or at a height.
State<double> posed(double height) {
  double qpos[kNq] = {0, 0, height, 1, 0, 0, 0}, qvel[kNv] = {};
  for (int k = 0; k < kNumJoints; ++k) qpos[7 + k] = pupper_pose(k);
  return read(qpos, qvel);
}

void targets_of(const State<double>& s, double (&target)[kNumLegs][kJointsPerLeg]) {
  for (int leg = 0; leg < kNumLegs; ++leg) std::copy_n(s.leg[leg].q, kJointsPerLeg, target[leg]);
}

/// At a state that moves with none of the parameters, its targets where its joints are.
Situation<D> held(const State<double>& s) {
  double target[kNumLegs][kJointsPerLeg];
  targets_of(s, target);
  const D none[kDirections] = {D(0), D(0), D(0), D(0)};
  return at<D>(random_family(s, target, 1), none);
}

/// A robot that has come to rest on its four feet, then moves a little in every way.
Family stance(const Robot& robot, unsigned seed) {
  State<double> s = posed(0.161);
  double target[kNumLegs][kJointsPerLeg];
  targets_of(s, target);
  StepReport<double, AllLegs> report;
  for (int i = 0; i < 300; ++i)
    step<double, AllLegs>(robot.model, kConverged, robot.params, target, {}, s, report);
  Draw draw(100 + seed);
  for (auto& leg : s.leg)
    for (double& qd : leg.qd) qd += 0.02 * draw.normal();
  s.velocity.x += 0.02 * draw.normal();
  s.omega.z += 0.02 * draw.normal();
  return random_family(s, target, seed);
}

Family flight(unsigned seed) {
  State<double> s = posed(1.0);
  double target[kNumLegs][kJointsPerLeg];
  targets_of(s, target);
  Draw draw(200 + seed);
  for (auto& leg : s.leg)
    for (double& qd : leg.qd) qd = draw.normal();
  s.omega = {draw.normal(), draw.normal(), draw.normal()};
  return random_family(s, target, seed);
}

int feet_on_the_floor(const Robot& robot, const Family& family) {
  const double origin[kDirections] = {};
  Situation<double> s = at(family, origin);
  StepReport<double, AllLegs> report;
  forward<double, AllLegs>(robot.model, kConverged, robot.params, s.target, {}, s.state, report);
  int feet = 0;
  for (const auto& leg : report.leg)
    for (const double force : leg.normal_force) feet += force > 0.1;
  return feet;
}

TEST(DualStep, CarriesTheNumbersOfThePlainStep) {
  const Robot robot;
  const double origin[kDirections] = {};
  for (const SolverOptions& options : {SolverOptions{}, kConverged}) {
    const Family family = stance(robot, 1);
    const auto plain = rollout<double>(robot, options, kControlStep, family, origin);
    const auto duals = by_duals(robot, options, kControlStep, family);
    for (std::size_t i = 0; i < plain.size(); ++i)
      EXPECT_NEAR(duals[i].value, plain[i], 1e-9 * (1 + std::abs(plain[i])));
  }
}

// On paper: v' = v - g dt, z' = z + dt v', for the centre of mass; here for the base too, as the
// targets hold the legs where they are and all parts fall alike.
TEST(DualStep, FallsAsOnPaper) {
  const Robot robot;
  Situation<D> s = held(posed(1.0));
  s.state.position.z = D::parameter(1, 0);
  s.state.velocity.z = D::parameter(0, 1);
  s.state.velocity.x = D::parameter(0, 2);
  StepReport<D, AllLegs> report;
  const Params<D> params = converted<D, AllLegs>(robot.params, AllLegs{});
  step<D, AllLegs>(robot.model, kConverged, params, s.target, {}, s.state, report);
  const double dt = robot.model.timestep;
  EXPECT_NEAR(s.state.position.z.value, 1 - 9.81 * dt * dt, 1e-9);
  EXPECT_NEAR(s.state.position.z.rate[0], 1, 1e-9);
  EXPECT_NEAR(s.state.position.z.rate[1], dt, 1e-9);
  EXPECT_NEAR(s.state.position.z.rate[2], 0, 1e-9);
  EXPECT_NEAR(s.state.position.x.rate[2], dt, 1e-9);
  EXPECT_NEAR(s.state.velocity.z.rate[0], 0, 1e-9);
  EXPECT_NEAR(s.state.velocity.z.rate[1], 1, 1e-9);
}

/// With training's 2 Newton steps and converged.
void expect_agreement(const Robot& robot, const Family& family, int steps, double most) {
  EXPECT_LT(error_of_duals(robot, {}, steps, family), most);
  EXPECT_LT(error_of_duals(robot, kConverged, steps, family), most);
}

TEST(DualStep, InFlightAgreesWithCentralDifferences) {
  const Robot robot;
  for (unsigned seed = 0; seed < 5; ++seed) {
    SCOPED_TRACE(seed);
    const Family family = flight(seed);
    ASSERT_EQ(feet_on_the_floor(robot, family), 0);
    expect_agreement(robot, family, 1, 1e-6);
  }
}

TEST(DualStep, OnFourFeetAgreesWithCentralDifferences) {
  const Robot robot;
  for (unsigned seed = 0; seed < 5; ++seed) {
    SCOPED_TRACE(seed);
    const Family family = stance(robot, seed);
    ASSERT_EQ(feet_on_the_floor(robot, family), 4);
    expect_agreement(robot, family, 1, 1e-6);
    expect_agreement(robot, family, kControlStep, 1e-5);
  }
}

TEST(DualStep, OverFourControlStepsOnFourFeetAgreesWithCentralDifferences) {
  const Robot robot;
  for (unsigned seed = 0; seed < 3; ++seed) {
    const Family family = stance(robot, seed);
    EXPECT_LT(error_of_duals(robot, {}, 4 * kControlStep, family), 1e-4) << seed;
  }
}

// Half a float's digits survive a control step: D of a contact is large beside the masses.
TEST(DualStep, InFloatAgreesWithDouble) {
  const Robot robot;
  const Quadruped<float> model = to_float(robot.model);
  using F = Dual<float, kDirections>;
  const Family family = stance(robot, 2);
  F p[kDirections];
  for (int k = 0; k < kDirections; ++k) p[k] = F::parameter(0, k);
  Situation<F> s = at(family, p);
  const Params<F> params = converted<F, AllLegs>(robot.params, AllLegs{});
  StepReport<F, AllLegs> report;
  for (int i = 0; i < kControlStep; ++i)
    step<F, AllLegs>(model, {}, params, s.target, {}, s.state, report);
  const std::vector<F> single = numbers(s.state);
  const std::vector<D> exact = by_duals(robot, {}, kControlStep, family);
  for (int k = 0; k < kDirections; ++k)
    EXPECT_LT(relative_error(rates(single, k), rates(exact, k).data()), 2e-3) << k;
}

// A contact that begins has an impedance of its own (d0) and a velocity to brake: its force starts
// with a jump, which no derivative sees. A hand's breadth on either side duals and quotients agree.
TEST(DualStep, SeesNothingOfTheJumpAtTouchdown) {
  const Robot robot;
  State<double> s = posed(1.0);
  s.velocity.z = -1;
  const auto forwarded = [&](double height, double& by_height) {
    Situation<D> at_height = held(s);
    at_height.state.position.z = D::parameter(height, 0);
    StepReport<D, AllLegs> report;
    const Params<D> params = converted<D, AllLegs>(robot.params, AllLegs{});
    forward<D, AllLegs>(robot.model, kConverged, params, at_height.target, {}, at_height.state,
                        report);
    by_height = at_height.state.lin_acc.z.rate[0];
    return at_height.state.lin_acc.z.value;
  };
  double low = 0.05, high = 0.5, unused;  // bisected to where the first foot touches
  while (high - low > 1e-9) {
    const double middle = 0.5 * (low + high);
    (forwarded(middle, unused) > -9.5 ? low : high) = middle;
  }
  double above_rate, below_rate;
  const double above = forwarded(high + 1e-9, above_rate);
  const double below = forwarded(low - 1e-9, below_rate);
  EXPECT_NEAR(above, -9.81, 1e-6);
  EXPECT_NEAR(above_rate, 0, 1e-6);  // free fall is the same at any height
  EXPECT_GT(below - above, 1);       // m/s^2, over two nanometres
  const double across = (above - below) / (high - low + 2e-9);
  EXPECT_LT(across, -1e7);
  EXPECT_LT(std::abs(below_rate), 1e-2 * std::abs(across));
}

}  // namespace
}  // namespace kennel::testing
