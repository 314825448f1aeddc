// The gait where its paths are known on paper, and the gradient of its return.
#include <gtest/gtest.h>

#include <cmath>

#include "envs/robots.h"
#include "kennel/core/dual.h"
#include "kennel/gradient/gait_return.h"
#include "kennel/gradient/study.h"
#include "kennel/gradient/zeroth_order.h"
#include "kennel/model/mjcf.h"

namespace kennel::gradient {
namespace {

using namespace kennel::gait;
using quadruped::RobotTraits;

Quadruped<double> shipped(const std::string& robot) {
  return load_quadruped(std::string(KENNEL_SOURCE_DIR) + "/envs/" + robot + "/" + robot + ".xml")
      .model;
}

const Quadruped<double>& pupper() {
  static const Quadruped<double> model = shipped("pupper_v3");
  return model;
}

GaitSetup setup(int horizon) {
  const RobotTraits& traits = robot_named("pupper_v3");
  return {.model = pupper(),
          .pose = traits.pose,
          .stance_height = traits.stance_height,
          .horizon = horizon};
}

void start_numbers(double (&p)[kNumNumbers]) {
  for (int i = 0; i < kNumNumbers; ++i) p[i] = kTerms[i].start;
}

constexpr double kHome[3] = {0.1, -0.05, -0.14};  // front right

TEST(Gait, StandsAsFastAsTheGroundGoes) {
  double p[kNumNumbers];
  start_numbers(p);
  const double command[3] = {0.4, 0.1, 2.0};
  constexpr double dt = 1e-4;
  const double early = 0.2, late = early + dt * p[kFrequency];
  const auto a = foot_place<double>(kHome, p, command, early);
  const auto b = foot_place<double>(kHome, p, command, late);
  // The ground under a foot at (0.1, -0.05): -(vx - yaw y, vy + yaw x).
  EXPECT_NEAR((b.x - a.x) / dt, -(0.4 + 2.0 * 0.05), 1e-9);
  EXPECT_NEAR((b.y - a.y) / dt, -(0.1 + 2.0 * 0.1), 1e-9);
  EXPECT_EQ(b.z, kHome[2]);
}

TEST(Gait, SwingsFromItsHindmostPlaceToItsForemost) {
  double p[kNumNumbers];
  start_numbers(p);
  const double command[3] = {0.4, 0, 0};
  const double stride = 0.4 * p[kDuty] / p[kFrequency];
  const auto at = [&](double cycle) { return foot_place<double>(kHome, p, command, cycle); };
  EXPECT_NEAR(at(1e-9).x, 0.1 + stride / 2, 1e-8);
  EXPECT_NEAR(at(p[kDuty] - 1e-9).x, 0.1 - stride / 2, 1e-8);
  EXPECT_NEAR(at(p[kDuty] + 1e-9).x, 0.1 - stride / 2, 1e-8);
  EXPECT_NEAR(at(1 - 1e-9).x, 0.1 + stride / 2, 1e-8);
  EXPECT_NEAR(at((1 + p[kDuty]) / 2).z, kHome[2] + p[kSwingHeight], 1e-12);
  EXPECT_NEAR(at(7.3).x, at(0.3).x, 1e-12);  // round and round
}

TEST(Gait, TrotsByDiagonals) {
  double p[kNumNumbers];
  start_numbers(p);
  const double command[3] = {0.4, 0, 0};
  const double homes[4][3] = {{0.1, -0.05, 0}, {0.1, 0.05, 0}, {-0.1, -0.05, 0}, {-0.1, 0.05, 0}};
  double z[4];
  for (int leg = 0; leg < 4; ++leg) z[leg] = foot_place<double>(homes[leg], p, command, 0.775).z;
  EXPECT_NEAR(z[0], p[kSwingHeight], 1e-9);
  EXPECT_NEAR(z[3], p[kSwingHeight], 1e-9);
  EXPECT_EQ(z[1], 0);
  EXPECT_EQ(z[2], 0);
}

/// The foot by the dynamics' own chain of frames.
FootAt<double> foot_of_chain(const Leg<double>& leg, const double (&q)[kJointsPerLeg]) {
  LegParams<double, false, kMaxPoints> nominal;
  for (int j = 0; j < kJointsPerLeg; ++j) nominal.mass[j] = nominal.inertia[j] = 1;
  const auto chain = leg_chain<double>(leg, nominal, {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}, q);
  FootAt<double> out;
  out.place = chain.point[leg.foot];
  for (int j = 0; j < kJointsPerLeg; ++j)
    out.column[j] = chain.S[j].v + cross(chain.S[j].w, out.place);
  return out;
}

void expect_near(const Vec3<double>& a, const Vec3<double>& b) {
  EXPECT_NEAR(a.x, b.x, 1e-12);
  EXPECT_NEAR(a.y, b.y, 1e-12);
  EXPECT_NEAR(a.z, b.z, 1e-12);
}

TEST(LegLines, PutTheFootWhereTheDynamicsChainDoes) {
  for (const char* robot : {"pupper_v3", "go1"}) {
    const Quadruped<double> model = shipped(robot);
    std::vector<double> angles(50 * kJointsPerLeg);
    draw({7, 0}, 0, angles);
    for (const Leg<double>& leg : model.leg) {
      const LegLines lines = quadruped::leg_lines(leg);
      for (std::size_t row = 0; row < angles.size(); row += kJointsPerLeg) {
        const double q[] = {angles[row], angles[row + 1], angles[row + 2]};
        const FootAt<double> found = foot_at<double>(lines, q), wanted = foot_of_chain(leg, q);
        SCOPED_TRACE(robot);
        expect_near(found.place, wanted.place);
        for (int j = 0; j < kJointsPerLeg; ++j) expect_near(found.column[j], wanted.column[j]);
      }
    }
  }
}

TEST(LegLines, RefuseAFootThatTheLastLinkDoesNotCarry) {
  Leg<double> leg = pupper().leg[0];
  leg.sphere[leg.foot].link = 1;
  EXPECT_THROW(quadruped::leg_lines(leg), Error);
}

TEST(Gait, PutsTheFeetWhereTheyAreToBe) {
  const Body body = quadruped::gait_body(pupper(), setup(1).pose);
  double p[kNumNumbers], target[kNumLegs][kJointsPerLeg];
  start_numbers(p);
  const double command[3] = {0.4, 0.2, 1.0};
  for (double cycle = 0; cycle < 1; cycle += 0.07) {
    targets<double>(body, p, command, cycle, target);
    for (int leg = 0; leg < kNumLegs; ++leg) {
      const auto wanted = foot_place<double>(body.home[leg], p, command, cycle);
      const auto reached = foot_at<double>(body.leg[leg], target[leg]).place;
      EXPECT_NEAR(reached.x, wanted.x, 1e-6);
      EXPECT_NEAR(reached.y, wanted.y, 1e-6);
      EXPECT_NEAR(reached.z, wanted.z, 1e-6);
    }
  }
}

/// How far the foot is from where it is to be, m; sets the angles.
template <class R>
double left_of(const LegLines& leg, const Vec3<R>& place, const double (&pose)[kJointsPerLeg],
               R (&q)[kJointsPerLeg]) {
  for (int j = 0; j < kJointsPerLeg; ++j) q[j] = static_cast<R>(pose[j]);
  reach<R>(leg, place, q);
  const Vec3<R> off = place - foot_at<R>(leg, q).place;
  return static_cast<double>(std::sqrt(dot(off, off)));
}

// Undamped, the angles of a leg that is asked for too much are chaotic: neighbouring places have
// none alike, and float's have nothing to do with double's.
TEST(Gait, LegsThatCannotReachStretchTowardsThePlaceAndStayCalm) {
  for (const char* robot : {"pupper_v3", "go1"}) {
    SCOPED_TRACE(robot);
    const Body body = quadruped::gait_body(shipped(robot), robot_named(robot).pose);
    const double size = robot_named(robot).stance_height;
    for (int leg = 0; leg < kNumLegs; ++leg) {
      double before[kJointsPerLeg] = {};
      for (int k = 0; k < 40; ++k) {  // a stance height too low, from behind to ahead
        const double(&home)[3] = body.home[leg];
        const Vec3<double> place = {home[0] + 0.01 * size * (k - 20), home[1], home[2] - size};
        double q[kJointsPerLeg];
        float single[kJointsPerLeg];
        const double left = left_of<double>(body.leg[leg], place, body.pose[leg], q);
        left_of<float>(
            body.leg[leg],
            {static_cast<float>(place.x), static_cast<float>(place.y), static_cast<float>(place.z)},
            body.pose[leg], single);
        EXPECT_GT(left, 0.01 * size);
        EXPECT_LT(left, size);  // nearer than the pose
        for (int j = 0; j < kJointsPerLeg; ++j) {
          EXPECT_NEAR(single[j], q[j], 1e-4) << leg << ' ' << j << ' ' << k;
          if (k > 0) {
            EXPECT_NEAR(q[j], before[j], 0.05) << leg << ' ' << j << ' ' << k;
          }
          before[j] = q[j];
        }
      }
    }
  }
}

TEST(Gait, DualsFollowTheLegsKinematics) {
  using D = Dual<double, 4>;
  const Body body = quadruped::gait_body(pupper(), setup(1).pose);
  constexpr int kVaried[4] = {kDuty, kHeight, kLean, kSwingHeight};
  double p[kNumNumbers];
  start_numbers(p);
  const double command[3] = {0.4, 0, 0.5};
  D dual_p[kNumNumbers], dual_target[kNumLegs][kJointsPerLeg];
  for (int i = 0; i < kNumNumbers; ++i) dual_p[i] = D(p[i]);
  for (int k = 0; k < 4; ++k) dual_p[kVaried[k]] = D::parameter(p[kVaried[k]], k);
  const D dual_command[3] = {D(0.4), D(0), D(0.5)};
  targets<D>(body, dual_p, dual_command, D(0.8), dual_target);
  constexpr double h = 1e-6;
  for (int k = 0; k < 4; ++k) {
    double ahead[kNumLegs][kJointsPerLeg], behind[kNumLegs][kJointsPerLeg];
    const double start = p[kVaried[k]];
    p[kVaried[k]] = start + h;
    targets<double>(body, p, command, 0.8, ahead);
    p[kVaried[k]] = start - h;
    targets<double>(body, p, command, 0.8, behind);
    p[kVaried[k]] = start;
    for (int leg = 0; leg < kNumLegs; ++leg)
      for (int j = 0; j < kJointsPerLeg; ++j) {
        const double quotient = (ahead[leg][j] - behind[leg][j]) / (2 * h);
        EXPECT_NEAR(dual_target[leg][j].rate[k], quotient, 1e-3 * (1 + std::abs(quotient)))
            << kTerms[kVaried[k]].name << ' ' << leg << ' ' << j;
      }
  }
}

TEST(GaitReturn, IsHighForARobotThatWalksAsCommanded) {
  GaitSetup s = setup(64);
  const std::vector<double> start(kNumNumbers, 0.0);
  const double walked = gait_return(s).value(start);
  EXPECT_GT(walked, 0.7 * 1.5 * 64);  // 1.5 a step is all there is
  std::vector<double> still = start;
  still[kGainX] = -kTerms[kGainX].start / kTerms[kGainX].step;  // no stride
  EXPECT_LT(gait_return(s).value(still), walked - 10);
}

TEST(GaitReturn, IsTheSameForOneAndForMany) {
  const Function f = gait_return(setup(8));
  std::vector<double> rows(11 * kNumNumbers), together(11);
  draw({5, 0}, 0, rows);
  for (double& x : rows) x *= 0.05;
  f.values(rows, together);
  for (int n = 0; n < 11; ++n)
    EXPECT_NEAR(together[n], f.value(std::span(rows).subspan(n * kNumNumbers, kNumNumbers)), 0.02);
}

/// Away from the moments where a foot touches down duals and quotients agree.
TEST(GaitReturn, HasTheGradientOfCentralDifferences) {
  for (const double dt : {0.004, 0.002}) {
    GaitSetup s = setup(4);
    s.physics_dt = dt;
    const Function f = gait_return(s);
    std::vector<double> x(kNumNumbers, 0.0), gradient(kNumNumbers);
    EXPECT_NEAR(f.gradient(x, gradient), f.value(x), 1e-6);
    int apart = 0;
    for (int i = 0; i < kNumNumbers; ++i) {
      constexpr double h = 1e-6;
      std::vector<double> ahead = x, behind = x;
      ahead[i] += h;
      behind[i] -= h;
      const double quotient = (f.value(ahead) - f.value(behind)) / (2 * h);
      apart += std::abs(gradient[i] - quotient) > 1e-3 * (1 + std::abs(quotient));
    }
    EXPECT_LE(apart, 1) << dt;
  }
}

TEST(GaitReturn, RefusesAPhysicsStepThatDoesNotDivideTheControlStep) {
  GaitSetup s = setup(1);
  s.physics_dt = 0.003;
  EXPECT_THROW(gait_return(s), Error);
}

TEST(Study, FindsTheWrongSignAndTheLeastVariance) {
  for (const Case& c : small_tasks()[2].cases()) {
    if (c.x[0] != 0.8) continue;
    const Study found = study(c, {.sigma = 0.05, .samples = 2000});
    EXPECT_NEAR(found.truth, -0.003918, 2e-6);
    ASSERT_EQ(found.estimates.size(), 4u);
    const Estimate &zeroth = found.estimates[0], &first = found.estimates[1];
    EXPECT_EQ(first.cosine, -1);
    EXPECT_GT(first.bias, 0.005);
    EXPECT_LT(zeroth.bias, 4 * zeroth.error);
    EXPECT_LE(found.estimates[2].variance, std::min(zeroth.variance, first.variance));
    return;
  }
  FAIL() << "no case at theta = 0.8";
}

}  // namespace
}  // namespace kennel::gradient
