// Counter-based random numbers: Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as
// easy as 1, 2, 3").
//
// Keyed by the seed and counted by (environment, episode, step, purpose): a number depends on
// nothing else, so results do not depend on the batch size, the thread count, the backend or an
// environment's place in the batch.
#pragma once

#include "kennel/core/lane.h"

namespace kennel {

template <class U>
struct Random4 {
  U x[4];
};

/// Four 32-bit numbers per lane. U is std::uint32_t or Pack<std::uint32_t, N>.
template <class U>
KENNEL_HD Random4<U> philox4x32(U c0, U c1, U c2, U c3, std::uint32_t key0, std::uint32_t key1) {
  for (int round = 0; round < 10; ++round) {
    const U m0(0xD2511F53u), m1(0xCD9E8D57u);
    const U hi0 = mul_hi(m0, c0), lo0 = m0 * c0;
    const U hi1 = mul_hi(m1, c2), lo1 = m1 * c2;
    c0 = hi1 ^ c1 ^ U(key0);
    c1 = lo1;
    c2 = hi0 ^ c3 ^ U(key1);
    c3 = lo0;
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return {{c0, c1, c2, c3}};
}

/// A whole number below 2^24 as a lane's number; exact.
template <class T>
KENNEL_HD T to_number(const uint_of<T>& whole) {
  return unit_interval<T>(whole * uint_of<T>(256u)) * T(16777216.0f);
}

}  // namespace kennel
