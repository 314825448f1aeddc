// bfloat16: the upper half of a float's bits, rounded.
#pragma once

#include <cstdint>
#include <cstring>

#include "kennel/core/lane.h"

namespace kennel {

/// Rounds to the nearest, ties to even, in integers: the same bits on every backend. NaN stays NaN.
KENNEL_HD std::uint16_t to_bfloat16(float x) {
  std::uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  if (x != x) return 0x7fc0;
  return static_cast<std::uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

KENNEL_HD float from_bfloat16(std::uint16_t half) {
  const std::uint32_t bits = static_cast<std::uint32_t>(half) << 16;
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

}  // namespace kennel
