#include "kennel/lanes/parity_products.h"

#include "src/lanes/product_tiles.h"

namespace kennel {
namespace {

using namespace tiles;

/// finish(row, column, columns, e, o) for every vector of rows `row` to `row + R`: e and o are its
/// sums in both products.
template <class Finish>
void multiply_both(const Factors& even, const Factors& odd, std::int64_t m, std::int64_t n,
                   const Finish& finish) {
  thread_local std::vector<float> even_memory, odd_memory;
  for (std::int64_t column = 0; column < n; column += kWide) {
    const std::int64_t now = std::min(n - column, kWide);
    const Factors evens = columns_from(even, column, now, even_memory);
    const Factors odds = columns_from(odd, column, now, odd_memory);
    panel<kRowsOfTwo>(m, now, [&]<int R, int C>(std::int64_t row) {
      V even_sum[R][C], odd_sum[R][C];
      multiply<Left::kPlain>(evens, row, even_sum);
      multiply<Left::kPlain>(odds, row, odd_sum);
      for (int v = 0; v < C; ++v) {
        V e[R], o[R];
        for (int r = 0; r < R; ++r) {
          e[r] = even_sum[r][v];
          o[r] = odd_sum[r][v];
        }
        finish(row, column + v * kLanes, columns_of(v, now), e, o);
      }
    });
  }
}

}  // namespace

void parity_forward(const Factors& even, const Factors& odd, Rows<float> c, std::int64_t m,
                    std::int64_t n, Bias bias) {
  const auto units = [&]<bool kRelu>() {
    multiply_both(even, odd, m, n,
                  [&]<int R>(std::int64_t row, std::int64_t column, std::size_t columns,
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

void parity_rectified_gradient(const Factors& even, const Factors& odd, Rows<const float> y,
                               Rows<float> c, float* sums, std::int64_t m, std::int64_t n) {
  std::fill_n(sums, n, 0.0f);
  multiply_both(even, odd, m, n,
                [&]<int R>(std::int64_t row, std::int64_t column, std::size_t columns,
                           const V(&e)[R], const V(&o)[R]) {
                  const V zero(0.0f);
                  V total = load_part(sums + column, columns);
                  for (int r = 0; r < R; ++r) {
                    // Twice the units. Rounding takes one that is 2^-24 of its image for zero.
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

}  // namespace kennel
