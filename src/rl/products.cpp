#include "src/rl/products.h"

#include <limits>

#include "src/rl/product_tiles.h"

namespace kennel {
namespace {

using namespace tiles;

template <Left kLeft>
void multiply_all(const Factors& f, Rows<float> c, std::int64_t m, std::int64_t n, Bias bias) {
  thread_local std::vector<float> memory;
  const float floor = bias.relu ? 0.0f : -std::numeric_limits<float>::infinity();
  for (std::int64_t column = 0; column < n; column += kWide) {
    const std::int64_t now = std::min(n - column, kWide);
    const Factors part = columns_from(f, column, now, memory);
    panel(m, now, [&]<int R, int C>(std::int64_t row) {
      V sum[R][C];
      multiply<kLeft>(part, row, sum);
      for (int v = 0; v < C; ++v) {
        const std::size_t columns = columns_of(v, now);
        const std::int64_t at = column + v * kLanes;
        V b(0.0f);
        if (bias.data != nullptr) b = load_part(bias.data + at, columns);
        for (int r = 0; r < R; ++r) {
          const V y = bias.data != nullptr ? at_least(sum[r][v] + b, floor) : sum[r][v];
          store_part(y, c.data + (row + r) * c.stride + at, columns);
        }
      }
    });
  }
}

}  // namespace

void product(const Factors& f, Rows<float> c, std::int64_t m, std::int64_t n, Bias bias) {
  multiply_all<Left::kPlain>(f, c, m, n, bias);
}

void product_of_transposed(const Factors& f, Rows<float> c, std::int64_t m, std::int64_t n) {
  multiply_all<Left::kTransposed>(f, c, m, n, {});
}

void rectified_gradient(const Factors& f, Rows<const float> y, Rows<float> c, float* sums,
                        std::int64_t m, std::int64_t n) {
  thread_local std::vector<float> memory;
  std::fill_n(sums, n, 0.0f);
  for (std::int64_t column = 0; column < n; column += kWide) {
    const std::int64_t now = std::min(n - column, kWide);
    const Factors part = columns_from(f, column, now, memory);
    panel(m, now, [&]<int R, int C>(std::int64_t row) {
      V sum[R][C];
      multiply<Left::kPlain>(part, row, sum);
      for (int v = 0; v < C; ++v) {
        const std::size_t columns = columns_of(v, now);
        const std::int64_t at = column + v * kLanes;
        V total = load_part(sums + at, columns);
        for (int r = 0; r < R; ++r) {
          const V active = load_part(y.data + (row + r) * y.stride + at, columns);
          const V gradient = select(active > V(0.0f), sum[r][v], V(0.0f));
          store_part(gradient, c.data + (row + r) * c.stride + at, columns);
          total += gradient;
        }
        store_part(total, sums + at, columns);
      }
    });
  }
}

}  // namespace kennel
