// What numbers are where there is no bound, and where there is no number.
#pragma once

#include <limits>

namespace kennel {

inline constexpr double kInfinity = std::numeric_limits<double>::infinity();
inline constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

}  // namespace kennel
