#include "kennel/lanes/products.h"

#include <limits>

#include "src/lanes/product_tiles.h"

namespace kennel {
namespace {

using namespace tiles;

/// finish(row, column, columns, sum) for every vector of rows `row` to `row + R` of the product.
template <Left kLeft, class Finish>
void multiply_each(const Factors& f, std::int64_t m, std::int64_t n, const Finish& finish) {
  thread_local std::vector<float> memory;
  for (std::int64_t column = 0; column < n; column += kWide) {
    const std::int64_t now = std::min(n - column, kWide);
    const Factors part = columns_from(f, column, now, memory);
    panel<kRows>(m, now, [&]<int R, int C>(std::int64_t row) {
      V sum[R][C];
      multiply<kLeft>(part, row, sum);
      for (int v = 0; v < C; ++v) {
        V of_rows[R];
        for (int r = 0; r < R; ++r) of_rows[r] = sum[r][v];
        finish(row, column + v * kLanes, columns_of(v, now), of_rows);
      }
    });
  }
}

template <Left kLeft>
void multiply_all(const Factors& f, Rows<float> c, std::int64_t m, std::int64_t n, Bias bias) {
  const float floor = bias.relu ? 0.0f : -std::numeric_limits<float>::infinity();
  multiply_each<kLeft>(
      f, m, n,
      [&]<int R>(std::int64_t row, std::int64_t column, std::size_t columns, const V(&sum)[R]) {
        V b(0.0f);
        if (bias.data != nullptr) b = load_part(bias.data + column, columns);
        for (int r = 0; r < R; ++r) {
          const V y = bias.data != nullptr ? at_least(sum[r] + b, floor) : sum[r];
          store_part(y, c.data + (row + r) * c.stride + column, columns);
        }
      });
}

/// The sum of the lanes, halves first.
inline float sum_of_lanes(const V& x) {
  float lane[kLanes];
  x.store(lane);
  for (std::int64_t half = kLanes / 2; half > 0; half /= 2)
    for (std::int64_t k = 0; k < half; ++k) lane[k] += lane[k + half];
  return lane[0];
}

/// c (m, 1) <- a b: the inner index runs along vectors, of which one column would fill one lane.
void multiply_by_column(const Factors& f, Rows<float> c, std::int64_t m, Bias bias) {
  const float addend = bias.data != nullptr ? *bias.data : 0.0f;
  rows_from<kRows, 1>(0, m, [&]<int R, int>(std::int64_t row) {
    V sum[R];
    for (V& s : sum) s = V(0.0f);
    for (std::int64_t k = 0; k < f.k; k += kLanes) {
      const std::size_t numbers = columns_of(0, f.k - k);
      const V b = load_part(f.b.data + k, numbers);
      for (int r = 0; r < R; ++r)
        sum[r] += load_part(f.a.data + (row + r) * f.a.stride + k, numbers) * b;
    }
    for (int r = 0; r < R; ++r) {
      const float y = sum_of_lanes(sum[r]) + addend;
      c.data[(row + r) * c.stride] = bias.relu && y < 0.0f ? 0.0f : y;
    }
  });
}

}  // namespace

void product(const Factors& f, Rows<float> c, std::int64_t m, std::int64_t n, Bias bias) {
  if (n == 1 && f.b.stride == 1) {
    multiply_by_column(f, c, m, bias);
  } else {
    multiply_all<Left::kPlain>(f, c, m, n, bias);
  }
}

void product_of_transposed(const Factors& f, Rows<float> c, std::int64_t m, std::int64_t n) {
  if (n > kLanes || n >= m) {
    multiply_all<Left::kTransposed>(f, c, m, n, {});
    return;
  }
  // Few columns fill few lanes: (b^T a)^T, the same sums.
  thread_local std::vector<float> memory;
  memory.resize(static_cast<std::size_t>(n * m));
  multiply_all<Left::kTransposed>({f.b, f.a, f.k}, {memory.data(), m}, n, m, {});
  for (std::int64_t row = 0; row < m; ++row)
    for (std::int64_t k = 0; k < n; ++k) c.data[row * c.stride + k] = memory[k * m + row];
}

void rectified_gradient(const Factors& f, Rows<const float> y, Rows<float> c, float* sums,
                        std::int64_t m, std::int64_t n) {
  std::fill_n(sums, n, 0.0f);
  multiply_each<Left::kPlain>(
      f, m, n,
      [&]<int R>(std::int64_t row, std::int64_t column, std::size_t columns, const V(&sum)[R]) {
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

}  // namespace kennel
