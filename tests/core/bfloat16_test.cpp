// Rounding to bfloat16.
#include "kennel/core/bfloat16.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace kennel {
namespace {

TEST(BFloat16, RoundsToNearestAndTiesToEven) {
  EXPECT_EQ(to_bfloat16(1.0f), 0x3f80);
  EXPECT_EQ(to_bfloat16(-0.0f), 0x8000);
  const float ulp = std::ldexp(1.0f, -7);  // of numbers from 1 to 2
  EXPECT_EQ(from_bfloat16(to_bfloat16(1 + 0.49f * ulp)), 1.0f);
  EXPECT_EQ(from_bfloat16(to_bfloat16(1 + 0.5f * ulp)), 1.0f);
  EXPECT_EQ(from_bfloat16(to_bfloat16(1 + 0.51f * ulp)), 1 + ulp);
  EXPECT_EQ(from_bfloat16(to_bfloat16(1 + 1.5f * ulp)), 1 + 2 * ulp);
}

TEST(BFloat16, KeepsInfinityAndNan) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  EXPECT_EQ(from_bfloat16(to_bfloat16(kInf)), kInf);
  EXPECT_EQ(from_bfloat16(to_bfloat16(-kInf)), -kInf);
  EXPECT_EQ(from_bfloat16(to_bfloat16(std::numeric_limits<float>::max())), kInf);
  EXPECT_TRUE(std::isnan(from_bfloat16(to_bfloat16(NAN))));
  EXPECT_TRUE(std::isnan(from_bfloat16(to_bfloat16(-std::numeric_limits<float>::signaling_NaN()))));
}

}  // namespace
}  // namespace kennel
