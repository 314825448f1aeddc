// A pack does to each lane what a plain number does alone.
#include "kennel/core/pack.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace kennel {
namespace {

template <class P>
P ramp(float start, float step) {
  P p;
  for (int lane = 0; lane < kLaneWidth<P>; ++lane)
    p.set(lane, static_cast<scalar_of<P>>(start + step * static_cast<float>(lane)));
  return p;
}

template <class P>
class EveryWidth : public ::testing::Test {};
using Widths =
    ::testing::Types<Pack<float, 4>, Pack<float, 8>, Pack<float, 16>, Pack<double, 8>, NativePack>;
TYPED_TEST_SUITE(EveryWidth, Widths);

TYPED_TEST(EveryWidth, ArithmeticAndSelectionActOnEachLaneAlone) {
  using P = TypeParam;
  using S = scalar_of<P>;
  const P a = ramp<P>(-3.0f, 0.7f), b = ramp<P>(2.0f, -0.4f);
  for (int lane = 0; lane < kLaneWidth<P>; ++lane) {
    const S x = a[lane], y = b[lane];
    EXPECT_EQ((a + b)[lane], x + y);
    EXPECT_EQ((a - b)[lane], x - y);
    EXPECT_EQ((a * b)[lane], x * y);
    EXPECT_EQ((a / b)[lane], x / y);
    EXPECT_EQ((-a)[lane], -x);
    EXPECT_EQ(min(a, b)[lane], std::min(x, y));
    EXPECT_EQ(max(a, b)[lane], std::max(x, y));
    EXPECT_EQ(abs(a)[lane], std::abs(x));
    EXPECT_EQ(sqrt(abs(a))[lane], std::sqrt(std::abs(x)));
    EXPECT_EQ(round(a)[lane], std::nearbyint(x));
    EXPECT_EQ((a < b)[lane], x < y);
    EXPECT_EQ((a <= b)[lane], x <= y);
    EXPECT_EQ((a > b)[lane], x > y);
    EXPECT_EQ((a >= b)[lane], x >= y);
    EXPECT_EQ((a == a)[lane], true);
    EXPECT_EQ(select(a < b, a, b)[lane], x < y ? x : y);
    EXPECT_EQ(both(a<b, a> P(S(-1)))[lane], x < y && x > -1);
    EXPECT_EQ(either(a<b, a> P(S(5)))[lane], x < y || x > 5);
    EXPECT_EQ(negate(a < b)[lane], !(x < y));
  }
}

TYPED_TEST(EveryWidth, ANotANumberFailsEveryComparisonAndIsNotFinite) {
  using P = TypeParam;
  using S = scalar_of<P>;
  P a = ramp<P>(0.0f, 1.0f);
  a.set(1, std::numeric_limits<S>::quiet_NaN());
  a.set(2, std::numeric_limits<S>::infinity());
  EXPECT_FALSE((a < P(S(9)))[1]);
  EXPECT_FALSE((a > P(S(-9)))[1]);
  EXPECT_FALSE((a == a)[1]);
  EXPECT_TRUE(isfinite(a)[0]);
  EXPECT_FALSE(isfinite(a)[1]);
  EXPECT_FALSE(isfinite(a)[2]);
}

TYPED_TEST(EveryWidth, AnyIsTrueWhenOneLaneIs) {
  using P = TypeParam;
  using S = scalar_of<P>;
  P a = P(S(0));
  EXPECT_FALSE(any(a > P(S(0))));
  a.set(kLaneWidth<P> - 1, S(1));
  EXPECT_TRUE(any(a > P(S(0))));
}

TEST(Pack, UnsignedComparisonsAreUnsigned) {
  using U = uint_of<NativePack>;
  const U big(0x80000000u), small(1u);
  EXPECT_TRUE((small < big)[0]);
  EXPECT_FALSE((big < small)[0]);
}

TEST(Pack, LoadAndStoreKeepTheOrder) {
  float from[kNativeWidth + 1], to[kNativeWidth];
  for (int i = 0; i <= kNativeWidth; ++i) from[i] = static_cast<float>(i * i);
  NativePack::load(from + 1).store(to);  // unaligned on purpose
  for (int i = 0; i < kNativeWidth; ++i) EXPECT_EQ(to[i], from[i + 1]);
}

}  // namespace
}  // namespace kennel
