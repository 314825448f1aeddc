// The middle of what several seeds gave.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

namespace kennel {

/// What is not finite is worse than all that is. NaN of nothing.
inline double median(std::vector<double> numbers) {
  if (numbers.empty()) return std::numeric_limits<double>::quiet_NaN();
  for (double& x : numbers)
    if (!std::isfinite(x)) x = std::numeric_limits<double>::infinity();
  std::sort(numbers.begin(), numbers.end());
  const std::size_t middle = numbers.size() / 2;
  const double upper = numbers[middle];
  if (numbers.size() % 2 == 1 || !std::isfinite(upper)) return upper;
  return 0.5 * (numbers[middle - 1] + upper);
}

}  // namespace kennel
