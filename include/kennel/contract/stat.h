// Named numbers for logs.
#pragma once

#include <string>

namespace kennel {

/// A named mean over what happened since the last call of `drain_stats`, for logs.
struct Stat {
  std::string
      name;  // "episode/reward", "reward/track_velocity", "error/velocity", "falls_per_minute", ...
  double value = 0.0;
};

}  // namespace kennel
