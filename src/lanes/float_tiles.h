// Tiles of products whose factors are single precision.
#pragma once

#include <vector>

#include "kennel/lanes/products.h"
#include "src/lanes/product_tiles.h"

namespace kennel::tiles {

struct FloatTiles {
  /// finish(row, column, columns, sum) for every vector of rows `row` to `row + R` of the product.
  template <Left kLeft, class Finish>
  static void multiply_each(const Factors& f, std::int64_t m, std::int64_t n,
                            const Finish& finish) {
    thread_local std::vector<float> memory;
    for (std::int64_t column = 0; column < n; column += kWide) {
      const std::int64_t now = std::min(n - column, kWide);
      const Factors part = columns_from(f, column, now, memory);
      panel<kRows>(m, now, [&]<int R, int C>(std::int64_t row) {
        V sum[R][C];
        tile<kLeft>(part, row, sum);
        for (int v = 0; v < C; ++v) {
          V of_rows[R];
          for (int r = 0; r < R; ++r) of_rows[r] = sum[r][v];
          if constexpr (kMasks) {
            finish(row, column + v * kLanes, columns_of(v, now), of_rows);
          } else if (columns_of(v, now) == kLanes) {
            finish(row, column + v * kLanes, WholeVector{}, of_rows);
          } else {
            finish(row, column + v * kLanes, columns_of(v, now), of_rows);
          }
        }
      });
    }
  }

  /// finish(row, column, columns, e, o) for every vector of rows `row` to `row + R`: e and o are
  /// its sums in both products.
  template <class Finish>
  static void multiply_both(const Factors& even, const Factors& odd, std::int64_t m, std::int64_t n,
                            const Finish& finish) {
    thread_local std::vector<float> even_memory, odd_memory;
    for (std::int64_t column = 0; column < n; column += kWide) {
      const std::int64_t now = std::min(n - column, kWide);
      const Factors evens = columns_from(even, column, now, even_memory);
      const Factors odds = columns_from(odd, column, now, odd_memory);
      const auto finish_tile = [&]<int R, int C>(std::int64_t row, const V(&even_sum)[R][C],
                                                 const V(&odd_sum)[R][C]) {
        for (int v = 0; v < C; ++v) {
          V e[R], o[R];
          for (int r = 0; r < R; ++r) {
            e[r] = even_sum[r][v];
            o[r] = odd_sum[r][v];
          }
          if constexpr (kMasks) {
            finish(row, column + v * kLanes, columns_of(v, now), e, o);
          } else if (columns_of(v, now) == kLanes) {
            finish(row, column + v * kLanes, WholeVector{}, e, o);
          } else {
            finish(row, column + v * kLanes, columns_of(v, now), e, o);
          }
        }
      };
      if (std::max(even.k, odd.k) <= kShallow) {
        panel<kRowsOfTwo>(m, now, [&]<int R, int C>(std::int64_t row) {
          V even_sum[R][C], odd_sum[R][C];
          tile<Left::kPlain>(evens, row, even_sum);
          tile<Left::kPlain>(odds, row, odd_sum);
          finish_tile(row, even_sum, odd_sum);
        });
      } else {
        panel<kRows>(m, now, [&]<int R, int C>(std::int64_t row) {
          V waiting[R][C], sum[R][C];
          multiply_to<Left::kPlain>(evens, row, waiting);
          tile<Left::kPlain>(odds, row, sum);
          finish_tile(row, waiting, sum);
        });
      }
    }
  }

 private:
  // Of AVX-512 a part costs what the whole does, and two texts of what follows a product would take
  // its sums out of the registers.
  static constexpr bool kMasks = kLanes == 16;

  // Two tiles of half the rows stay in registers, and b is read twice as often: faster while both
  // panels of b take no more than half of the first-level cache.
  static constexpr std::int64_t kShallow = 64;

  /// sum <- a b of rows `row` to `row + R` of a and the first C vectors of b's columns
  template <Left kLeft, int R, int C>
  [[gnu::always_inline]] static void multiply(const Factors& f, std::int64_t row, V (&sum)[R][C]) {
    const float* a = f.a.data + (kLeft == Left::kTransposed ? row : row * f.a.stride);
#pragma GCC unroll kRows
    for (int r = 0; r < R; ++r)
#pragma GCC unroll kVectors
      for (int v = 0; v < C; ++v) sum[r][v] = V(0.0f);
    for (std::int64_t k = 0; k < f.k; ++k) {
      V b[C];
#pragma GCC unroll kVectors
      for (int v = 0; v < C; ++v) {
        b[v] = V::load(f.b.data + k * f.b.stride + v * kLanes);
        hold(b[v].v);
      }
#pragma GCC unroll kRows
      for (int r = 0; r < R; ++r) {
        const V x(kLeft == Left::kTransposed ? a[k * f.a.stride + r] : a[r * f.a.stride + k]);
#pragma GCC unroll kVectors
        for (int v = 0; v < C; ++v) sum[r][v] += x * b[v];
      }
    }
  }

  /// The same into memory, for a tile that waits while another one has the registers.
  template <Left kLeft, int R, int C>
  [[gnu::noinline]] static void multiply_to(const Factors& f, std::int64_t row, V (&to)[R][C]) {
    V sum[R][C];
    multiply<kLeft>(f, row, sum);
    for (int r = 0; r < R; ++r)
      for (int v = 0; v < C; ++v) to[r][v] = sum[r][v];
  }

  /// The same in the fastest way. Beside what a caller does with the sums, the compiler keeps them
  /// in registers while k runs where there are 32, but not where there are 16.
  template <Left kLeft, int R, int C>
  [[gnu::always_inline]] static void tile(const Factors& f, std::int64_t row, V (&sum)[R][C]) {
    if constexpr (kLanes == 16) {
      multiply<kLeft>(f, row, sum);
    } else {
      multiply_to<kLeft>(f, row, sum);
    }
  }

  /// The factors of columns `column` to `column + n`; where the last vector is not full, b becomes
  /// a copy in `memory` that is filled up with zeros.
  static Factors columns_from(Factors f, std::int64_t column, std::int64_t n,
                              std::vector<float>& memory) {
    f.b.data += column;
    if (n % kLanes == 0) return f;
    const std::int64_t stride = (n + kLanes - 1) / kLanes * kLanes;
    memory.assign(static_cast<std::size_t>(f.k * stride), 0.0f);
    for (std::int64_t k = 0; k < f.k; ++k)
      std::copy_n(f.b.data + k * f.b.stride, n, memory.data() + k * stride);
    f.b = {memory.data(), stride};
    return f;
  }
};

}  // namespace kennel::tiles
