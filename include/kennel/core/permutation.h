// A random order of rows without sorting, memory or a generator: where each row comes is computed
// from its number alone, the same on every backend.
#pragma once

#include "kennel/core/philox.h"

namespace kennel {

/// A permutation of the numbers below `rows`: an alternating Feistel network (Black, Rogaway 2002)
/// on a grid of rows cut in lines. x = line * length + place; each round moves the line by a hash
/// of the place, then the place by a hash of the line, and each such move can be taken back. The
/// grid is at most one line larger than the rows; who lands outside moves on until it is inside.
struct Permutation {
  static constexpr int kRounds = 4;

  std::uint32_t rows = 1;
  std::uint32_t lines = 1;   // at most 2^16
  std::uint32_t length = 2;  // of a line: 2^length_bits
  std::uint32_t length_bits = 1;
  std::uint32_t key[2 * kRounds] = {};
};

/// \param rows  at least 1
/// \param c0, c1, c2  the permutation's number; two that differ give unrelated permutations
KENNEL_HD Permutation permutation_of(std::uint32_t rows, std::uint32_t c0, std::uint32_t c1,
                                     std::uint32_t c2, std::uint32_t key0, std::uint32_t key1) {
  Permutation p;
  p.rows = rows;
  while (static_cast<std::uint64_t>(p.length) * p.length < rows) {
    p.length *= 2;
    ++p.length_bits;
  }
  p.lines = (rows - 1) / p.length + 1;
  for (std::uint32_t half = 0; half < 2; ++half) {
    const auto bits = philox4x32<std::uint32_t>(c0, c1, c2, half, key0, key1);
    for (int k = 0; k < 4; ++k) p.key[4 * half + k] = bits.x[k];
  }
  return p;
}

namespace detail {

/// The finaliser of MurmurHash3 (Appleby 2011): every input bit moves every output bit.
template <class U>
KENNEL_HD U scattered(U x) {
  x = (x ^ (x >> 16)) * U(0x85ebca6bu);
  x = (x ^ (x >> 13)) * U(0xc2b2ae35u);
  return x ^ (x >> 16);
}

template <class U>
KENNEL_HD U permuted_on_grid(const Permutation& p, const U& x) {
  U line = x >> p.length_bits;
  U place = x ^ (line << p.length_bits);
  for (int round = 0; round < Permutation::kRounds; ++round) {
    const U by = ((scattered(place ^ U(p.key[2 * round])) >> 16) * U(p.lines)) >> 16;
    line = line + by;
    line = select(line < U(p.lines), line, line - U(p.lines));
    place = place ^ (scattered(line ^ U(p.key[2 * round + 1])) >> (32 - p.length_bits));
  }
  return place ^ (line << p.length_bits);
}

}  // namespace detail

/// Where row x goes. U is std::uint32_t or Pack<std::uint32_t, N>.
/// \param x  below p.rows
template <class U>
KENNEL_HD U permuted(const Permutation& p, const U& x) {
  U at = detail::permuted_on_grid(p, x);
  auto outside = negate(at < U(p.rows));
  while (any(outside)) {
    at = select(outside, detail::permuted_on_grid(p, at), at);
    outside = negate(at < U(p.rows));
  }
  return at;
}

}  // namespace kennel
