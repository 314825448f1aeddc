// When a training that left updates out may no longer be called one.
#pragma once

#include <cstdint>

namespace kennel {

/// True when more than a few of `updates` gradients were not finite and were skipped: more than
/// five, and more than one in a hundred.
constexpr bool too_many_skipped(std::int64_t skipped, std::int64_t updates) {
  return skipped > 5 && 100 * skipped > updates;
}

}  // namespace kennel
