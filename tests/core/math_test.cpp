// The float polynomials against the C library in double, over all the arguments that the simulator
// can meet.
#include "kennel/core/math.h"

#include <gtest/gtest.h>

#include <cmath>

#include "kennel/core/pack.h"

namespace kennel {
namespace {

constexpr double kSinCosError = 1.2e-7;  // absolute; half a unit in the last place of 1 is 6e-8
constexpr double kExpError = 2.5e-7;     // relative

TEST(SinCos, FloatStaysWithinTwoUnitsInTheLastPlaceOverTwentyRadians) {
  for (float x = -20.0f; x <= 20.0f; x += 1.7e-4f) {
    const SinCos<float> s = sincos(x);
    ASSERT_NEAR(s.sin, std::sin(static_cast<double>(x)), kSinCosError) << x;
    ASSERT_NEAR(s.cos, std::cos(static_cast<double>(x)), kSinCosError) << x;
  }
}

TEST(SinCos, PackAndPlainFloatsAgreeWithinOneUnit) {
  for (float x = -8.0f; x < 8.0f; x += 0.37f) {
    const SinCos<NativePack> packed = sincos(NativePack(x));
    const SinCos<float> plain = sincos(x);
    EXPECT_NEAR(packed.sin[0], plain.sin, 1.2e-7f);
    EXPECT_NEAR(packed.cos[kNativeWidth - 1], plain.cos, 1.2e-7f);
  }
}

TEST(SinCos, DoubleIsTheLibrarys) {
  EXPECT_EQ(sincos(0.7).sin, std::sin(0.7));
  EXPECT_EQ((sincos(Pack<double, 8>(0.7)).cos[3]), std::cos(0.7));
}

TEST(Exp, FloatStaysWithinTwoUnitsInTheLastPlace) {
  for (float x = -80.0f; x <= 80.0f; x += 3.3e-3f) {
    const double exact = std::exp(static_cast<double>(x));
    ASSERT_NEAR(kennel::exp(x) / exact, 1.0, kExpError) << x;
    ASSERT_NEAR(kennel::exp(NativePack(x))[0] / exact, 1.0, kExpError) << x;
  }
}

TEST(Exp, NeverOverflowsAndNeverGoesNegative) {
  EXPECT_TRUE(std::isfinite(kennel::exp(1e9f)));
  EXPECT_GE(kennel::exp(-1e9f), 0.0f);
  EXPECT_LT(kennel::exp(-1e9f), 1e-30f);
}

}  // namespace
}  // namespace kennel
