// How close single precision comes to MuJoCo, of every robot alike.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <vector>

namespace kennel::testing {

inline constexpr double kFloatMedian = 1e-5, kFloatWorst = 1e-3;  // of qacc, relative

/// \param errors  of qacc, relative, a step each
inline void expect_within_float_bounds(std::vector<double> errors) {
  ASSERT_FALSE(errors.empty());
  std::sort(errors.begin(), errors.end());
  std::printf("float pack: median %.2g, p99 %.2g, worst %.2g over %zu steps\n",
              errors[errors.size() / 2], errors[errors.size() * 99 / 100], errors.back(),
              errors.size());
  EXPECT_LT(errors[errors.size() / 2], kFloatMedian);
  EXPECT_LT(errors.back(), kFloatWorst);
}

}  // namespace kennel::testing
