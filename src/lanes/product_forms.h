// What is done with products before they leave the registers, whatever their factors are in: Tiles
// is FloatTiles or PairTiles.
#pragma once

#include <algorithm>
#include <limits>
#include <vector>

#include "kennel/lanes/products.h"
#include "src/lanes/product_tiles.h"

namespace kennel::tiles {

template <class Tiles, Left kLeft>
void multiply_all(const Factors& f, Rows<float> c, std::int64_t m, std::int64_t n, Bias bias) {
  const float floor = bias.relu ? 0.0f : -std::numeric_limits<float>::infinity();
  Tiles::template multiply_each<kLeft>(
      f, m, n, [&]<int R>(std::int64_t row, std::int64_t column, auto columns, const V(&sum)[R]) {
        V b(0.0f);
        if (bias.data != nullptr) b = load_part(bias.data + column, columns);
        for (int r = 0; r < R; ++r) {
          const V y = bias.data != nullptr ? at_least(sum[r] + b, floor) : sum[r];
          store_part(y, c.data + (row + r) * c.stride + column, columns);
        }
      });
}

template <class Tiles>
void product_of_transposed_in(const Factors& f, Rows<float> c, std::int64_t m, std::int64_t n) {
  if (n > kLanes || n >= m) {
    multiply_all<Tiles, Left::kTransposed>(f, c, m, n, {});
    return;
  }
  // Few columns fill few lanes: (b^T a)^T, the same sums.
  thread_local std::vector<float> memory;
  memory.resize(static_cast<std::size_t>(n * m));
  multiply_all<Tiles, Left::kTransposed>({f.b, f.a, f.k}, {memory.data(), m}, n, m, {});
  for (std::int64_t row = 0; row < m; ++row)
    for (std::int64_t k = 0; k < n; ++k) c.data[row * c.stride + k] = memory[k * m + row];
}

template <class Tiles>
void rectified_gradient_in(const Factors& f, Rows<const float> y, Rows<float> c, float* sums,
                           std::int64_t m, std::int64_t n) {
  std::fill_n(sums, n, 0.0f);
  Tiles::template multiply_each<Left::kPlain>(
      f, m, n, [&]<int R>(std::int64_t row, std::int64_t column, auto columns, const V(&sum)[R]) {
        V total = load_part(sums + column, columns);
        for (int r = 0; r < R; ++r) {
          const V active = load_part(y.data + (row + r) * y.stride + column, columns);
          const V gradient = select(active > V(0.0f), sum[r], V(0.0f));
          store_part(gradient, c.data + (row + r) * c.stride + column, columns);
          total += gradient;
        }
        store_part(total, sums + column, columns);
      });
}

template <class Tiles>
void parity_forward_in(const Factors& even, const Factors& odd, Rows<float> c, std::int64_t m,
                       std::int64_t n, Bias bias) {
  const auto units = [&]<bool kRelu>() {
    Tiles::multiply_both(even, odd, m, n,
                         [&]<int R>(std::int64_t row, std::int64_t column, auto columns,
                                    const V(&e)[R], const V(&o)[R]) {
                           const V b = load_part(bias.data + column, columns);
                           for (int r = 0; r < R; ++r) {
                             const V middle = e[r] + b;
                             V first = middle + o[r], second = middle - o[r];
                             if constexpr (kRelu) {
                               const V u = at_least(first, 0.0f), image = at_least(second, 0.0f);
                               first = u + image;
                               second = u - image;
                             }
                             float* to = c.data + (row + r) * c.stride + column;
                             store_part(first, to, columns);
                             store_part(second, to + n, columns);
                           }
                         });
  };
  bias.relu ? units.template operator()<true>() : units.template operator()<false>();
}

template <class Tiles>
void parity_rectified_gradient_in(const Factors& even, const Factors& odd, Rows<const float> y,
                                  Rows<float> c, float* sums, std::int64_t m, std::int64_t n) {
  std::fill_n(sums, n, 0.0f);
  Tiles::multiply_both(even, odd, m, n,
                       [&]<int R>(std::int64_t row, std::int64_t column, auto columns,
                                  const V(&e)[R], const V(&o)[R]) {
                         const V zero(0.0f);
                         V total = load_part(sums + column, columns);
                         for (int r = 0; r < R; ++r) {
                           // Twice the units. Rounding takes one that is 2^-24 of its image for
                           // zero.
                           const float* parts = y.data + (row + r) * y.stride + column;
                           const V s = load_part(parts, columns), d = load_part(parts + n, columns);
                           const V u = select(s + d > zero, e[r] + o[r], zero);
                           const V image = select(s - d > zero, e[r] - o[r], zero);
                           float* to = c.data + (row + r) * c.stride + column;
                           store_part(u + image, to, columns);
                           store_part(u - image, to + n, columns);
                           total += u + image;
                         }
                         store_part(total, sums + column, columns);
                       });
}

}  // namespace kennel::tiles
