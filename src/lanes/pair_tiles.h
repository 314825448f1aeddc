// Tiles of products whose factors are rounded to bfloat16, two of them to a lane: a step along the
// inner index multiplies two numbers and adds both products to a single-precision sum, the second
// one first. An odd one out has a zero beside it.
#pragma once

#include <immintrin.h>

#include <algorithm>
#include <vector>

#include "kennel/lanes/products.h"
#include "src/lanes/product_tiles.h"

namespace kennel::tiles {

/// Two bfloat16 numbers, the first one in the low half.
using Pair = std::uint32_t;

struct PairTiles {
  static_assert(kLanes == 16);

  // As FloatTiles has it.
  template <Left kLeft, class Finish>
  static void multiply_each(const Factors& f, std::int64_t m, std::int64_t n,
                            const Finish& finish) {
    thread_local std::vector<Pair> b_memory, a_memory;
    const Pair* b = packed_columns(f, n, b_memory);
    const std::int64_t block = kLeft == Left::kPlain ? kBlock : m;
    for (std::int64_t from = 0; from < m; from += block) {
      const std::int64_t rows = std::min(m - from, block);
      Packed a;
      if constexpr (kLeft == Left::kPlain) a = packed_rows(f, from, rows, a_memory);
      for_each_panel(n, f.k, b, [&](std::int64_t column, std::int64_t now, const Pair* of_panel) {
        panel<kRows>(rows, now, [&]<int R, int C>(std::int64_t row) {
          __m512 sum[R][C];
          if constexpr (kLeft == Left::kPlain) {
            multiply(a.row(row), of_panel, sum);
          } else {
            multiply_transposed(f, row, of_panel, sum);
          }
          for (int v = 0; v < C; ++v) {
            V of_rows[R];
#pragma GCC unroll kRows
            for (int r = 0; r < R; ++r) of_rows[r] = V::of((V::V)sum[r][v]);
            finish(from + row, column + v * kLanes, columns_of(v, now), of_rows);
          }
        });
      });
    }
  }

  template <class Finish>
  static void multiply_both(const Factors& even, const Factors& odd, std::int64_t m, std::int64_t n,
                            const Finish& finish) {
    thread_local std::vector<Pair> memory[4];
    const Pair* even_b = packed_columns(even, n, memory[0]);
    const Pair* odd_b = packed_columns(odd, n, memory[1]);
    for (std::int64_t from = 0; from < m; from += kBlock) {
      const std::int64_t rows = std::min(m - from, kBlock);
      const Packed evens = packed_rows(even, from, rows, memory[2]);
      const Packed odds = packed_rows(odd, from, rows, memory[3]);
      for_each_panel(n, even.k, even_b, [&](std::int64_t column, std::int64_t now, const Pair* b) {
        const Pair* other_b = odd_b + panel_offset(column, odd.k);
        panel<kRowsOfTwo>(rows, now, [&]<int R, int C>(std::int64_t row) {
          __m512 even_sum[R][C], odd_sum[R][C];
          multiply(evens.row(row), b, even_sum);
          multiply(odds.row(row), other_b, odd_sum);
#pragma GCC unroll kVectors
          for (int v = 0; v < C; ++v) {
            V e[R], o[R];
#pragma GCC unroll kRowsOfTwo
            for (int r = 0; r < R; ++r) {
              e[r] = V::of((V::V)even_sum[r][v]);
              o[r] = V::of((V::V)odd_sum[r][v]);
            }
            finish(from + row, column + v * kLanes, columns_of(v, now), e, o);
          }
        });
      });
    }
  }

 private:
  // Rows that are packed before the first of them is read: a load waits for a store that it
  // follows closely.
  static constexpr std::int64_t kBlock = 32;
  // As many pairs of a transposed tile.
  static constexpr std::int64_t kDepth = 64;

  /// Rows of pairs along the inner index.
  struct Packed {
    const Pair* data = nullptr;
    std::int64_t stride = 0, pairs = 0;

    Packed row(std::int64_t r) const { return {data + r * stride, stride, pairs}; }
  };

  static std::int64_t pairs_of(std::int64_t k) { return (k + 1) / 2; }

  static std::int64_t vectors_of(std::int64_t n) { return (n + kLanes - 1) / kLanes; }

  /// Where a panel starts in what packed_columns returns: those before it are all kWide.
  static std::int64_t panel_offset(std::int64_t column, std::int64_t k) {
    return column * pairs_of(k);
  }

  /// visit(column, columns, its pairs) for every panel of a product.
  template <class Visit>
  static void for_each_panel(std::int64_t n, std::int64_t k, const Pair* b, const Visit& visit) {
    for (std::int64_t column = 0; column < n; column += kWide)
      visit(column, std::min(n - column, kWide), b + panel_offset(column, k));
  }

  static __m512 load(const float* from, std::int64_t numbers) {
    return _mm512_maskz_loadu_ps(
        mask_of_first(static_cast<std::size_t>(std::clamp<std::int64_t>(numbers, 0, kLanes))),
        from);
  }

  /// A lane's pair <- its numbers in both.
  static __m512i interleaved(__m512 first, __m512 second) {
    alignas(64) static constexpr std::uint16_t kOrder[32] = {
        0, 16, 1, 17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
        8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
    return _mm512_permutexvar_epi16(_mm512_load_si512(kOrder),
                                    (__m512i)_mm512_cvtne2ps_pbh(second, first));
  }

  static __m256i interleaved(__m256 first, __m256 second) {
    alignas(32) static constexpr std::uint16_t kOrder[16] = {0, 8,  1, 9,  2, 10, 3, 11,
                                                             4, 12, 5, 13, 6, 14, 7, 15};
    return _mm256_permutexvar_epi16(_mm256_load_si256((const __m256i*)kOrder),
                                    (__m256i)_mm256_cvtne2ps_pbh(second, first));
  }

  /// All of b, a panel after the other: of each pair of rows the panel's vectors.
  static const Pair* packed_columns(const Factors& f, std::int64_t n, std::vector<Pair>& memory) {
    memory.resize(static_cast<std::size_t>(pairs_of(f.k) * vectors_of(n) * kLanes));
    Pair* to = memory.data();
    for (std::int64_t column = 0; column < n; column += kWide) {
      const std::int64_t now = std::min(n - column, kWide);
      for (std::int64_t k = 0; k < f.k; k += 2) {
        const float* row = f.b.data + k * f.b.stride + column;
        for (std::int64_t at = 0; at < now; at += kLanes, to += kLanes) {
          const __m512 second =
              k + 1 < f.k ? load(row + f.b.stride + at, now - at) : _mm512_setzero_ps();
          _mm512_storeu_si512(to, interleaved(load(row + at, now - at), second));
        }
      }
    }
    return memory.data();
  }

  static Packed packed_rows(const Factors& f, std::int64_t from, std::int64_t rows,
                            std::vector<Pair>& memory) {
    const Packed out{nullptr, vectors_of(pairs_of(f.k)) * kLanes, pairs_of(f.k)};
    memory.resize(static_cast<std::size_t>(kBlock * out.stride));
    const std::int64_t rest = f.k % (2 * kLanes);
    for (std::int64_t r = 0; r < rows; ++r) {
      const float* row = f.a.data + (from + r) * f.a.stride;
      Pair* to = memory.data() + r * out.stride;
      std::int64_t k = 0;
      for (; k + 2 * kLanes <= f.k; k += 2 * kLanes, to += kLanes)
        _mm512_storeu_si512(to, (__m512i)_mm512_cvtne2ps_pbh(_mm512_loadu_ps(row + k + kLanes),
                                                             _mm512_loadu_ps(row + k)));
      if (k < f.k)
        _mm512_storeu_si512(to, (__m512i)_mm512_cvtne2ps_pbh(load(row + k + kLanes, rest - kLanes),
                                                             load(row + k, rest)));
    }
    return {memory.data(), out.stride, out.pairs};
  }

  template <int R, int C>
  [[gnu::always_inline]] static void clear(__m512 (&sum)[R][C]) {
#pragma GCC unroll kRows
    for (int r = 0; r < R; ++r)
#pragma GCC unroll kVectors
      for (int v = 0; v < C; ++v) sum[r][v] = _mm512_setzero_ps();
  }

  /// sum += the pairs of a, a row each, times a row of b's
  template <int R, int C, class PairOf>
  [[gnu::always_inline]] static void add(const PairOf& a, const Pair* b, __m512 (&sum)[R][C]) {
    __m512bh row[C];
#pragma GCC unroll kVectors
    for (int v = 0; v < C; ++v) {
      row[v] = (__m512bh)_mm512_loadu_si512(b + v * kLanes);
      hold(row[v]);
    }
#pragma GCC unroll kRows
    for (int r = 0; r < R; ++r) {
      const __m512bh x = (__m512bh)_mm512_set1_epi32(static_cast<int>(a(r)));
#pragma GCC unroll kVectors
      for (int v = 0; v < C; ++v) sum[r][v] = _mm512_dpbf16_ps(sum[r][v], x, row[v]);
    }
  }

  template <int R, int C>
  [[gnu::always_inline]] static void multiply(const Packed& a, const Pair* b, __m512 (&sum)[R][C]) {
    clear(sum);
    for (std::int64_t p = 0; p < a.pairs; ++p)
      add([&](int r) { return a.data[r * a.stride + p]; }, b + p * C * kLanes, sum);
  }

  template <int R, int C>
  [[gnu::always_inline]] static void multiply_transposed(const Factors& f, std::int64_t row,
                                                         const Pair* b, __m512 (&sum)[R][C]) {
    constexpr auto kMask = static_cast<__mmask8>((1u << R) - 1);
    alignas(32) Pair a[kDepth][8];
    clear(sum);
    for (std::int64_t from = 0; from < f.k; from += 2 * kDepth) {
      const std::int64_t end = std::min(f.k - from, 2 * kDepth);
      for (std::int64_t k = 0; k < end; k += 2) {
        const float* numbers = f.a.data + (from + k) * f.a.stride + row;
        const __m256 second =
            k + 1 < end ? _mm256_maskz_loadu_ps(kMask, numbers + f.a.stride) : _mm256_setzero_ps();
        _mm256_store_si256((__m256i*)a[k / 2],
                           interleaved(_mm256_maskz_loadu_ps(kMask, numbers), second));
      }
      for (std::int64_t p = 0; p < pairs_of(end); ++p, b += C * kLanes)
        add([&](int r) { return a[p][r]; }, b, sum);
    }
  }
};

}  // namespace kennel::tiles
