// How products are cut: a tile of the result, rows by vectors of columns, stays in registers while
// the inner index runs.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "kennel/core/pack.h"

namespace kennel::tiles {

using V = NativePack;
constexpr std::int64_t kLanes = kNativeWidth;

// A tile's sums, a row of b and one entry of a fill the registers: 24 + 3 + 1 of AVX-512's 32, and
// 12 + 2 + 1 of 16.
constexpr int kRows = kNativeWidth == 16 ? 8 : 6;
constexpr int kVectors = kNativeWidth == 16 ? 3 : 2;
constexpr std::int64_t kWide = kVectors * kLanes;

// Of two products at once, whose sums fill as many registers of AVX-512. Where there are 16, a tile
// waits in memory while the other one has them.
constexpr int kRowsOfTwo = kNativeWidth == 16 ? 4 : kRows;

enum class Left { kPlain, kTransposed };

/// Keeps a vector that several products read in a register: the compiler would load it for each.
template <class Vector>
void hold([[maybe_unused]] Vector& x) {
#if defined(__AVX512F__)
  asm("" : "+v"(x));
#elif defined(__AVX__)
  asm("" : "+x"(x));
#endif
}

/// How many of vector v's columns are among the first n.
inline std::size_t columns_of(int v, std::int64_t n) {
  return static_cast<std::size_t>(std::min(kLanes, n - v * kLanes));
}

/// All columns of a vector: no part, of which without AVX-512's masks a copy must be made.
struct WholeVector {};
inline V load_part(const float* from, WholeVector) { return V::load(from); }
inline void store_part(const V& x, float* to, WholeVector) { x.store(to); }

// Copies of so few bytes as a part of a vector has would be calls.
#if defined(__AVX512F__)
inline __mmask16 mask_of_first(std::size_t columns) {
  return static_cast<__mmask16>((1u << columns) - 1);
}
inline V load_part(const float* from, std::size_t columns) {
  return V::of((V::V)_mm512_maskz_loadu_ps(mask_of_first(columns), from));
}
inline void store_part(const V& x, float* to, std::size_t columns) {
  _mm512_mask_storeu_ps(to, mask_of_first(columns), (__m512)x.v);
}
#else
inline V load_part(const float* from, std::size_t columns) {
  if (columns == kLanes) return V::load(from);
  V x(0.0f);
  std::memcpy(&x, from, columns * sizeof(float));
  return x;
}

inline void store_part(const V& x, float* to, std::size_t columns) {
  if (columns == kLanes) {
    x.store(to);
  } else {
    std::memcpy(to, &x, columns * sizeof(float));
  }
}
#endif

// A comparison with NaN is false: what the rectifier is given as NaN stays it.
inline V at_least(const V& x, float floor) { return select(x < V(floor), V(floor), x); }

/// tile.operator()<R, C>(row) for all rows from `row` to m.
template <int R, int C, class Tile>
void rows_from(std::int64_t row, std::int64_t m, const Tile& tile) {
  for (; row + R <= m; row += R) tile.template operator()<R, C>(row);
  if constexpr (R > 1)
    if (row < m) rows_from<R / 2, C>(row, m, tile);
}

/// tile.operator()<R, C>(row) for a panel of n columns, C vectors of them, at most kWide, in tiles
/// of kMost rows.
template <int kMost, int C = kVectors, class Tile>
void panel(std::int64_t m, std::int64_t n, const Tile& tile) {
  if (n > (C - 1) * kLanes) {
    rows_from<kMost, C>(0, m, tile);
  } else if constexpr (C > 1) {
    panel<kMost, C - 1>(m, n, tile);
  }
}

}  // namespace kennel::tiles
