// Named numbers for logs.
#pragma once

#include <functional>
#include <span>
#include <string>

namespace kennel {

/// A named mean over what happened since the last call of `drain_stats`, for logs.
struct Stat {
  std::string
      name;  // "episode/reward", "reward/track_velocity", "error/velocity", "falls_per_minute", ...
  double value = 0.0;
};

/// Makes of numbers, in place, the sums of what all ranks have there.
using StatSum = std::function<void(std::span<double> numbers)>;

}  // namespace kennel
