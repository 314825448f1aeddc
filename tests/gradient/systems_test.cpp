// The small systems of Suh et al. 2022: what first order gets wrong, and what it wins.
#include <gtest/gtest.h>

#include <cmath>

#include "envs/gradient/ball_with_wall.h"
#include "envs/gradient/friction.h"
#include "envs/gradient/pushing.h"
#include "kennel/gradient/alpha_order.h"
#include "kennel/gradient/first_order.h"
#include "kennel/gradient/functions.h"
#include "kennel/gradient/quadrature.h"
#include "kennel/gradient/zeroth_order.h"

namespace kennel::gradient {
namespace {

const Function ball = function_of(BallWithWall{});
constexpr double kBallSigma = 0.05;

TEST(BallWithWall, JumpsWhereItClearsTheWall) {
  const BallWithWall f;
  EXPECT_NEAR(f(0.6932 + 2e-5) - f(0.6932 - 2e-5), -0.006442, 2e-6);
  EXPECT_NEAR(f(1.19934 + 2e-5) - f(1.19934 - 2e-5), 0.001155, 2e-6);
  EXPECT_NEAR(f(0.1), -std::pow(std::sin(0.2) / 9.81, 2), 1e-12);  // short of the wall
  EXPECT_NEAR(f(0.5), -0.06 * 0.06, 1e-12);                        // at the wall
}

struct BallPoint {
  double theta, truth, first_order;
};
constexpr BallPoint kBallPoints[] = {{0.2, -0.014393, -0.014394},
                                     {0.45, -0.000066, -0.000068},
                                     {0.6, -0.009231, -0.000186},
                                     {0.8, -0.003918, 0.001330},  // the wrong sign
                                     {1.2, 0.021873, 0.012673}};

// The first-order means found elsewhere lie up to 1.1e-5 from the quadrature, the truths 1e-6.
TEST(BallWithWall, HasTheGradientsComputedElsewhere) {
  for (const BallPoint& p : kBallPoints) {
    const Limits limits = limits_of(ball, p.theta, kBallSigma);
    EXPECT_NEAR(limits.truth, p.truth, 2e-6) << p.theta;
    EXPECT_NEAR(limits.first_order, p.first_order, 1.5e-5) << p.theta;
  }
}

TEST(BallWithWall, EstimatesConvergeToTruthAndToFirstOrdersOwnLimit) {
  for (const BallPoint& p : kBallPoints) {
    const double at[1] = {p.theta};
    const Moments zeroth = moments(zeroth_order(ball, at, kBallSigma, 100000, {1, 0}));
    const Moments first = moments(first_order(ball, at, kBallSigma, 100000, {1, 1}));
    EXPECT_NEAR(zeroth.mean[0], p.truth, 4 * std::sqrt(zeroth.variance_of_mean()) + 2e-6);
    EXPECT_NEAR(first.mean[0], p.first_order, 4 * std::sqrt(first.variance_of_mean()) + 1.5e-5);
  }
}

TEST(BallWithWall, VariesAsComputedElsewhere) {
  struct Case {
    double theta, first, zeroth;  // variance of the mean of 100
  };
  for (const Case& c : {Case{0.2, 1.0e-7, 3.8e-6}, Case{0.6, 1.1e-8, 2.7e-5}}) {
    const double at[1] = {c.theta};
    const Moments zeroth = moments(zeroth_order(ball, at, kBallSigma, 200000, {2, 0}));
    const Moments first = moments(first_order(ball, at, kBallSigma, 200000, {2, 1}));
    EXPECT_NEAR(zeroth.variance / 100 / c.zeroth, 1, 0.1) << c.theta;
    EXPECT_NEAR(first.variance / 100 / c.first, 1, 0.1) << c.theta;
  }
}

/// The alpha order takes the first order where it is right, and hardly any of it where it is not.
TEST(BallWithWall, AlphaOrderLeavesTheFirstOrderWhereItIsBiased) {
  const auto alpha_at = [](double theta) {
    const double at[1] = {theta};
    const Moments zeroth = moments(zeroth_order(ball, at, kBallSigma, 20000, {3, 0}));
    const Moments first = moments(first_order(ball, at, kBallSigma, 20000, {3, 1}));
    return alpha_order_alpha(zeroth, first, {.gamma = 0.001, .lipschitz = 0.1});
  };
  EXPECT_GT(alpha_at(0.2), 0.9);
  EXPECT_LT(alpha_at(0.6), 0.1);
}

/// Gradients by the sweep backwards against central differences.
template <class System>
void expect_gradient_of_plan(const System& system, int steps) {
  const Function f = plan_of(system, steps);
  std::vector<double> u(steps), gradient(steps);
  draw({11, 0}, 0, u);
  for (double& force : u) force = 0.1 + 0.3 * force;
  EXPECT_DOUBLE_EQ(f.gradient(u, gradient), f.value(u));
  for (int t = 0; t < steps; t += 7) {
    constexpr double h = 1e-6;
    std::vector<double> ahead = u, behind = u;
    ahead[t] += h;
    behind[t] -= h;
    const double quotient = (f.value(ahead) - f.value(behind)) / (2 * h);
    EXPECT_NEAR(gradient[t], quotient, 1e-4 * (1 + std::abs(quotient))) << t;
  }
}

TEST(Plans, HaveTheGradientsOfCentralDifferences) {
  expect_gradient_of_plan(Pushing{}, 100);
  expect_gradient_of_plan(Pushing{.stiffness = 1000, .damping = 0.99}, 100);
  expect_gradient_of_plan(Friction{}, 100);
}

TEST(Plans, MoveAsOnPaper) {
  // A constant force of 1 N on 0.1 kg for one step of 5 ms: 0.05 m/s, 0.25 mm.
  const TwoBodies<double> pushed = Pushing{}.step(TwoBodies<double>{0, 5, 0, 0}, 1.0);
  EXPECT_NEAR(pushed.v1, 0.05, 1e-12);
  EXPECT_NEAR(pushed.x1, 0.00025, 1e-12);
  EXPECT_EQ(pushed.v2, 0);
  // Overlapping by 0.1 m at 10 N/m: 1 N apart.
  const TwoBodies<double> apart = Pushing{}.step(TwoBodies<double>{0.1, 1, 0, 0}, 0.0);
  EXPECT_NEAR(apart.v1, -0.05, 1e-12);
  EXPECT_NEAR(apart.v2, 0.05, 1e-12);
  // Slipping at 1 m/s: 0.18 N forwards on the second.
  const TwoBodies<double> carried = Friction{}.step(TwoBodies<double>{0, 0, 1, 0}, 0.0);
  EXPECT_NEAR(carried.v2, 0.18 * 0.05, 1e-12);
  EXPECT_NEAR(carried.v1, 1 - 0.18 * 0.05, 1e-12);
}

struct Both {
  Moments zeroth, first;
};
Both at_start(const Function& f, double force, double sigma, int count) {
  const std::vector<double> u(f.dim, force);
  return {moments(zeroth_order(f, u, sigma, count, {21, 0})),
          moments(first_order(f, u, sigma, count, {21, 1}))};
}

TEST(Pushing, FirstOrderVariesLessThroughASoftSpringAndMoreThroughAStiffOne) {
  const Both soft = at_start(plan_of(Pushing{}, 400), 0.1, 0.1, 300);
  const Both stiff =
      at_start(plan_of(Pushing{.stiffness = 1000, .damping = 0.99}, 200), 0.1, 0.1, 300);
  EXPECT_LT(soft.first.variance, 0.1 * soft.zeroth.variance);
  EXPECT_GT(stiff.first.variance, stiff.zeroth.variance);
}

/// Gradient descent from a constant force; the cost at its end.
enum class Order { kZeroth, kFirst, kInverseVariance };
double descended(const Function& f, double force, double rate, int iterations, Order order,
                 double gamma) {
  std::vector<double> u(f.dim, force);
  for (int i = 0; i < iterations; ++i) {
    const std::uint32_t stream = 2 * i;
    std::vector<double> step;
    const auto zeroth = [&] { return moments(zeroth_order(f, u, 0.1, 10, {31, stream})); };
    const auto first = [&] { return moments(first_order(f, u, 0.1, 10, {31, stream + 1})); };
    if (order == Order::kZeroth) step = zeroth().mean;
    if (order == Order::kFirst) step = first().mean;
    if (order == Order::kInverseVariance) {
      const Moments z = zeroth(), o = first();
      step = interpolated(z, o, alpha_order_alpha(z, o, {gamma, 100})).mean;
    }
    for (int k = 0; k < f.dim; ++k) u[k] -= rate * step[k];
  }
  return f.value(u);
}

TEST(Pushing, ThroughASoftSpringFirstOrderLearnsFaster) {
  const Function f = plan_of(Pushing{}, 400);
  const double start = f.value(std::vector<double>(400, 0.1));
  const double zeroth = descended(f, 0.1, 1e-3, 60, Order::kZeroth, 1e8);
  const double first = descended(f, 0.1, 1e-3, 60, Order::kFirst, 1e8);
  const double alpha = descended(f, 0.1, 1e-3, 60, Order::kInverseVariance, 1e8);
  EXPECT_LT(first, zeroth);
  EXPECT_LT(alpha, zeroth);
  EXPECT_LT(first, start);
}

TEST(Friction, FirstOrderStallsWhereTheFirstBodySlips) {
  const Function f = plan_of(Friction{}, 400);
  const double start = f.value(std::vector<double>(400, 0.0));
  const double zeroth = descended(f, 0, 1e-4, 100, Order::kZeroth, 2e4);
  const double first = descended(f, 0, 1e-4, 100, Order::kFirst, 2e4);
  const double alpha = descended(f, 0, 1e-4, 100, Order::kInverseVariance, 2e4);
  EXPECT_LT(first, start);
  EXPECT_LT(zeroth, 0.9 * first);
  EXPECT_LT(alpha, 0.9 * first);
}

}  // namespace
}  // namespace kennel::gradient
