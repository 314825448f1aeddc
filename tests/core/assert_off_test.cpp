#include <gtest/gtest.h>

#include <cmath>

#include "kennel/core/assert.h"

namespace kennel {
namespace {

TEST(Assert, IsEvaluatedWhereAssertionsAreOnAndNowhereElse) {
  int evaluated = 0;
  KENNEL_ASSERT(++evaluated == 1);
  EXPECT_EQ(evaluated, kAssertions ? 1 : 0);
  float number = 1.0f;
  fill_with_nan(number);
  EXPECT_EQ(std::isnan(number), kAssertions);
}

}  // namespace
}  // namespace kennel
