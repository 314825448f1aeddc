// Derivatives that are known on paper.
#include "kennel/core/dual.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace kennel {
namespace {

using D = Dual<double, 2>;

constexpr double kX = 0.6, kY = 0.8;
const D x = D::parameter(kX, 0), y = D::parameter(kY, 1);

void expect(const D& f, double value, double by_x, double by_y) {
  EXPECT_NEAR(f.value, value, 1e-15);
  EXPECT_NEAR(f.rate[0], by_x, 1e-14);
  EXPECT_NEAR(f.rate[1], by_y, 1e-14);
}

TEST(Dual, ConstantsHaveNoDerivative) { expect(D(3.0) + D(2), 5, 0, 0); }

TEST(Dual, FollowsSumsProductsAndQuotients) {
  expect(x + y, 1.4, 1, 1);
  expect(x - y, -0.2, 1, -1);
  expect(-x, -0.6, -1, 0);
  expect(x * y, 0.48, kY, kX);
  expect(x / y, 0.75, 1 / kY, -kX / (kY * kY));
  D z = x;
  z += y;
  z *= x;
  z -= y;  // (x + y) x - y
  expect(z, 0.04, 2 * kX + kY, kX - 1);
}

TEST(Dual, FollowsElementaryFunctions) {
  expect(sqrt(x * x + y * y), 1, kX, kY);
  expect(inverse(x), 1 / kX, -1 / (kX * kX), 0);
  expect(inverse_sqrt(y), 1 / std::sqrt(kY), 0, -0.5 / (kY * std::sqrt(kY)));
  expect(pow(x, D(3)), kX * kX * kX, 3 * kX * kX, 0);
  const double angle = kX * kY;
  const SinCos<D> turn = sincos(x * y);
  expect(turn.sin, std::sin(angle), kY * std::cos(angle), kX * std::cos(angle));
  expect(turn.cos, std::cos(angle), -kY * std::sin(angle), -kX * std::sin(angle));
  expect(exp(x), std::exp(kX), std::exp(kX), 0);
}

TEST(Dual, FollowsTheSideThatTheValueIsOn) {
  expect(min(x, y), kX, 1, 0);
  expect(max(x, y), kY, 0, 1);
  expect(abs(x - y), 0.2, -1, 1);
  expect(select(x < y, x * y, y), 0.48, kY, kX);
  expect(clamp(x, D(0.7), D(1)), 0.7, 0, 0);
  expect(min(x, D(kX)), kX, 0, 0);  // a tie: the second
}

TEST(Dual, RoundingHasNoDerivative) {
  expect(round(x), 1, 0, 0);
  EXPECT_EQ(to_uint(x * D(10)), 6u);
}

TEST(Dual, AnInverseOfAlmostNothingKeepsAConstantFreeOfNan) {
  const Dual<float, 1> tiny(1e-30f);
  EXPECT_EQ(inverse(tiny).rate[0], 0.0f);
  EXPECT_EQ(inverse_sqrt(tiny).rate[0], 0.0f);
}

TEST(Dual, FloatSinesDeriveAsTheValuesDo) {
  using F = Dual<float, 1>;
  for (float angle = -6.0f; angle < 6.0f; angle += 0.37f) {
    const SinCos<F> s = sincos(F::parameter(angle, 0));
    EXPECT_EQ(s.sin.value, sincos(angle).sin);
    EXPECT_NEAR(s.sin.rate[0], std::cos(angle), 2e-7f);
    EXPECT_NEAR(s.cos.rate[0], -std::sin(angle), 2e-7f);
  }
}

TEST(Dual, IsFiniteWhereItsDerivativesAre) {
  EXPECT_TRUE(isfinite(x));
  D broken = x;
  broken.rate[1] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(isfinite(broken));
}

}  // namespace
}  // namespace kennel
