#include "src/rl/products.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <limits>
#include <vector>

#include "kennel/core/pack.h"

namespace kennel {
namespace {

using V = NativePack;
constexpr std::int64_t kLanes = kNativeWidth;

// A tile's sums, a row of b and one entry of a fill the registers: 24 + 3 + 1 of AVX-512's 32, and
// 8 + 2 + 1 of 16.
constexpr int kTileRows = kNativeWidth == 16 ? 8 : 4;
constexpr int kTileVectors = kNativeWidth == 16 ? 3 : 2;

enum class Left { kPlain, kTransposed };

struct Problem {
  Rows<const float> a, b;
  Rows<float> c;
  std::int64_t k;
  const float* bias;
  float floor;
};

// Written so that NaN stays NaN.
V finish(const V& sum, const V& bias, float floor) {
  const V y = sum + bias;
  return select(y < V(floor), V(floor), y);
}

// c[row .. row + kRows)[0 .. n), at most kVectors wide.
template <Left kLeft, int kRows, int kVectors>
void tile(const Problem& p, std::int64_t row, std::int64_t n) {
  const float* a = p.a.data + (kLeft == Left::kTransposed ? row : row * p.a.stride);
  V sum[kRows][kVectors];
  for (auto& r : sum)
    for (V& s : r) s = V(0.0f);
  for (std::int64_t k = 0; k < p.k; ++k) {
    V b[kVectors];
    for (int v = 0; v < kVectors; ++v) b[v] = V::load(p.b.data + k * p.b.stride + v * kLanes);
    for (int r = 0; r < kRows; ++r) {
      const V x(kLeft == Left::kTransposed ? a[k * p.a.stride + r] : a[r * p.a.stride + k]);
      for (int v = 0; v < kVectors; ++v) sum[r][v] += x * b[v];
    }
  }
  for (int v = 0; v < kVectors; ++v) {
    const auto columns = static_cast<std::size_t>(std::min(kLanes, n - v * kLanes));
    V bias(0.0f);
    if (p.bias != nullptr) std::memcpy(&bias, p.bias + v * kLanes, columns * sizeof(float));
    for (int r = 0; r < kRows; ++r) {
      const V y = p.bias != nullptr ? finish(sum[r][v], bias, p.floor) : sum[r][v];
      float* to = p.c.data + (row + r) * p.c.stride + v * kLanes;
      if (columns == kLanes) {
        y.store(to);
      } else {
        std::memcpy(to, &y, columns * sizeof(float));
      }
    }
  }
}

template <Left kLeft, int kRows, int kVectors>
void rows_from(const Problem& p, std::int64_t row, std::int64_t m, std::int64_t n) {
  for (; row + kRows <= m; row += kRows) tile<kLeft, kRows, kVectors>(p, row, n);
  if constexpr (kRows > 1)
    if (row < m) rows_from<kLeft, kRows / 2, kVectors>(p, row, m, n);
}

template <Left kLeft, int kVectors>
void columns(const Problem& p, std::int64_t m, std::int64_t n) {
  if (n > (kVectors - 1) * kLanes) {
    rows_from<kLeft, kTileRows, kVectors>(p, 0, m, n);
  } else if constexpr (kVectors > 1) {
    columns<kLeft, kVectors - 1>(p, m, n);
  }
}

// b's columns from `from` on, the last vector filled up with zeros.
Rows<const float> padded(Rows<const float> b, std::int64_t k, std::int64_t n) {
  thread_local std::vector<float> copy;
  const std::int64_t stride = (n + kLanes - 1) / kLanes * kLanes;
  copy.assign(static_cast<std::size_t>(k * stride), 0.0f);
  for (std::int64_t i = 0; i < k; ++i)
    std::copy_n(b.data + i * b.stride, n, copy.data() + i * stride);
  return {copy.data(), stride};
}

template <Left kLeft>
void multiply(Problem p, std::int64_t m, std::int64_t n) {
  constexpr std::int64_t kWide = kTileVectors * kLanes;
  while (n > 0) {
    const std::int64_t now = std::min(n, kWide);
    Problem panel = p;
    if (now % kLanes != 0) panel.b = padded(p.b, p.k, now);
    columns<kLeft, kTileVectors>(panel, m, now);
    p.b.data += now;
    p.c.data += now;
    if (p.bias != nullptr) p.bias += now;
    n -= now;
  }
}

}  // namespace

void product(Rows<const float> a, Rows<const float> b, Rows<float> c, std::int64_t m,
             std::int64_t k, std::int64_t n, Bias bias) {
  const float floor = bias.relu ? 0.0f : -std::numeric_limits<float>::infinity();
  multiply<Left::kPlain>({a, b, c, k, bias.data, floor}, m, n);
}

void product_of_transposed(Rows<const float> a, Rows<const float> b, Rows<float> c, std::int64_t m,
                           std::int64_t k, std::int64_t n) {
  multiply<Left::kTransposed>({a, b, c, k, nullptr, 0.0f}, m, n);
}

}  // namespace kennel
