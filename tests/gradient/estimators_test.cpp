// The estimators where their moments are known on paper, and the alpha rule branch by branch.
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "envs/gradient/heaviside.h"
#include "kennel/core/check.h"
#include "kennel/gradient/alpha_order.h"
#include "kennel/gradient/first_order.h"
#include "kennel/gradient/functions.h"
#include "kennel/gradient/quadrature.h"
#include "kennel/gradient/study.h"
#include "kennel/gradient/zeroth_order.h"

namespace kennel::gradient {
namespace {

constexpr double kSigma = 0.2;
const double kPeak = 1 / (kSigma * std::sqrt(2 * std::numbers::pi));  // density at 0: 1.99471
constexpr double kOrigin[1] = {0.0};
constexpr int kMany = 300000;

/// f(x) = x' A x / 2 + b' x with A = diag(1, 3), b = (2, -1): E f has the gradient A x + b.
Function quadratic() {
  const auto value = [](std::span<const double> x) {
    return 0.5 * (x[0] * x[0] + 3 * x[1] * x[1]) + 2 * x[0] - x[1];
  };
  return {2, value, [value](std::span<const double> x, std::span<double> out) {
            out[0] = x[0] + 2;
            out[1] = 3 * x[1] - 1;
            return value(x);
          }};
}

TEST(Noise, IsStandardNormalAndOfItsStreamAlone) {
  std::vector<double> a(4000), b(4000), again(4000);
  draw({7, 0}, 3, a);
  draw({7, 1}, 3, b);
  draw({7, 0}, 3, again);
  EXPECT_EQ(a, again);
  EXPECT_NEAR(cosine(a, b), 0, 0.05);
  double mean = 0;
  for (const double x : a) mean += x / 4000;
  EXPECT_NEAR(mean, 0, 0.05);
  EXPECT_NEAR(dot(a, a) / 4000, 1, 0.07);
}

TEST(Moments, AreThoseOfARowByHand) {
  const Moments m = moments({2, {1, 2, 3, 6}});
  EXPECT_EQ(m.mean, (std::vector<double>{2, 4}));
  EXPECT_DOUBLE_EQ(m.variance, 2 + 8);  // unbiased: (1 + 1) / 1 and (4 + 4) / 1
  EXPECT_DOUBLE_EQ(m.variance_of_mean(), 5);
  EXPECT_THROW(moments({2, {1, 2}}), Error);
}

TEST(Estimators, OfAQuadraticHaveItsGradientForTheirMean) {
  const double x[2] = {0.5, -0.4};  // gradient (2.5, -2.2)
  const Moments zeroth = moments(zeroth_order(quadratic(), x, 0.1, kMany, {1, 0}));
  const Moments first = moments(first_order(quadratic(), x, 0.1, kMany, {1, 1}));
  const double zeroth_error = 4 * std::sqrt(zeroth.variance_of_mean());
  EXPECT_LT(zeroth_error, 0.05);
  EXPECT_NEAR(zeroth.mean[0], 2.5, zeroth_error);
  EXPECT_NEAR(zeroth.mean[1], -2.2, zeroth_error);
  EXPECT_NEAR(first.mean[0], 2.5, 1e-3);
  EXPECT_NEAR(first.mean[1], -2.2, 2e-3);
  EXPECT_NEAR(first.variance, 0.01 * (1 + 9), 2e-3);  // sigma^2 tr A^2
}

// A truth from few samples is far off itself.
TEST(Study, HasTheTruthsErrorInThatOfABias) {
  const Case at{.setting = "", .function = quadratic(), .x = {0.5, -0.4}, .rule = {}};
  const Study found = study(at, {.sigma = 0.1, .samples = 4000, .truth_samples = 50});
  ASSERT_GT(found.truth_error, 0.1);
  for (const Estimate& e : found.estimates) {
    EXPECT_GT(e.error, found.truth_error) << e.name;
    EXPECT_NEAR(e.error, std::hypot(found.truth_error, std::sqrt(e.variance / 4000)),
                1e-9 * e.error)
        << e.name;
  }
  EXPECT_GT(found.estimates[1].bias, 0.02);  // the first order's, all of it the truth's error
  EXPECT_LT(found.estimates[1].bias, 4 * found.estimates[1].error);
}

TEST(ZerothOrder, OfAStepHasTheVarianceOnPaper) {
  // E (f - b)^2 w^2 / sigma^4 - truth^2: half of the samples count with b = 0 and b = f(0) = 1, all
  // of them by a quarter with b = 1/2.
  const Function step = function_of(Heaviside{});
  const double truth2 = kPeak * kPeak, whole = 1 / (kSigma * kSigma);
  struct Case {
    std::optional<double> baseline;
    double variance;
  };
  for (const Case& c : {Case{0.0, whole / 2 - truth2}, Case{{}, whole / 2 - truth2},
                        Case{0.5, whole / 4 - truth2}}) {
    const Moments m = moments(zeroth_order(step, kOrigin, kSigma, kMany, {2, 0}, c.baseline));
    EXPECT_NEAR(m.mean[0], kPeak, 4 * std::sqrt(m.variance_of_mean()));
    EXPECT_NEAR(m.variance, c.variance, 0.1) << c.variance;  // 8.52, 8.52, 2.27
  }
}

TEST(FirstOrder, OfAStepIsZero) {
  const Moments m = moments(first_order(function_of(Heaviside{}), kOrigin, kSigma, 1000, {3, 0}));
  EXPECT_EQ(m.mean[0], 0);
  EXPECT_EQ(m.variance, 0);
}

TEST(FirstOrder, OfASoftStepVariesAsOneOverItsWidth) {
  double before = 0;
  for (const double width : {0.1, 0.01, 0.001}) {
    const Function soft = function_of(SoftHeaviside{width});
    const Moments m = moments(first_order(soft, kOrigin, kSigma, kMany, {4, 0}));
    // E f'^2 = 1 / width^2 times the probability of the ramp.
    const double ramp = std::erf(0.5 * width / (kSigma * std::sqrt(2.0)));
    const double truth = ramp / width, variance = ramp / (width * width) - truth * truth;
    EXPECT_NEAR(m.mean[0], truth, 4 * std::sqrt(variance / kMany));
    EXPECT_NEAR(m.variance / variance, 1, 0.2) << width;
    EXPECT_GT(m.variance, 5 * before);
    before = m.variance;
  }
}

TEST(FirstOrder, WithFewSamplesMissesASteepRamp) {
  const Function soft = function_of(SoftHeaviside{1e-4});
  EXPECT_NEAR(limits_of(soft, 0, kSigma, 4000000).truth, kPeak, 0.01);
  int missed = 0;
  for (std::uint32_t repeat = 0; repeat < 200; ++repeat)
    missed += moments(first_order(soft, kOrigin, kSigma, 100, {5, repeat})).mean[0] == 0;
  // 100 samples miss a ramp of probability 2e-4 in 98 cases of 100.
  EXPECT_GT(missed, 185);
  EXPECT_LT(missed, 200);
}

TEST(InverseVariance, IsTheWeightOfLeastVariance) {
  const Moments zeroth{{0.0}, 3.0, 10}, first{{0.0}, 1.0, 10};
  EXPECT_DOUBLE_EQ(inverse_variance_alpha(zeroth, first), 0.75);
  const double least = interpolated(zeroth, first, 0.75).variance;
  EXPECT_DOUBLE_EQ(least, 0.75);  // 1 / (1/3 + 1/1)
  EXPECT_GT(interpolated(zeroth, first, 0.7).variance, least);
  EXPECT_GT(interpolated(zeroth, first, 0.8).variance, least);
  EXPECT_EQ(inverse_variance_alpha({{0.0}, 0, 2}, {{0.0}, 0, 2}), 1);
}

TEST(AlphaOrder, FollowsItsRule) {
  // d = 1, delta = 2/e: the logarithm is 1; eps = sqrt(2 * 2 / 100) + 2 * 3 / 300 = 0.22.
  const AlphaRule rule{.gamma = 1, .lipschitz = 3, .delta = 2 / std::numbers::e};
  const Moments zeroth{{1.0}, 2.0, 100};
  EXPECT_NEAR(zeroth_order_error(zeroth, rule), 0.22, 1e-12);
  const auto alpha = [&](double first_mean, double gamma) {
    AlphaRule r = rule;
    r.gamma = gamma;
    return alpha_order_alpha(zeroth, {{first_mean}, 2.0, 100}, r);
  };
  EXPECT_EQ(alpha(1.1, 0.2), 0);              // no room
  EXPECT_DOUBLE_EQ(alpha(1.5, 1), 0.5);       // inverse variance: 0.25 off, 0.78 is room
  EXPECT_NEAR(alpha(5, 1), 0.78 / 4, 1e-12);  // the bias is held
  EXPECT_NEAR(alpha(-3, 1), 0.78 / 4, 1e-12);
  EXPECT_DOUBLE_EQ(alpha(1, 1), 0.5);  // no difference at all
  EXPECT_NEAR(interpolated(zeroth, {{5.0}, 2.0, 100}, 0.195).mean[0], 1.78, 1e-12);
}

TEST(Estimators, RefuseNonsense) {
  EXPECT_THROW(zeroth_order(quadratic(), std::vector<double>{0, 0}, 0, 2, {}), Error);
  EXPECT_THROW(interpolated({{0.0}, 1, 2}, {{0.0}, 1, 3}, 0.5), Error);
  EXPECT_THROW(limits_of(quadratic(), 0, 1), Error);
}

}  // namespace
}  // namespace kennel::gradient
