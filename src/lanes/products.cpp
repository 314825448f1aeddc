#include "kennel/lanes/products.h"

#include "src/lanes/float_tiles.h"
#include "src/lanes/product_forms.h"

namespace kennel {
namespace {

using namespace tiles;

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
    multiply_all<FloatTiles, Left::kPlain>(f, c, m, n, bias);
  }
}

void product_of_transposed(const Factors& f, Rows<float> c, std::int64_t m, std::int64_t n) {
  product_of_transposed_in<FloatTiles>(f, c, m, n);
}

void rectified_gradient(const Factors& f, Rows<const float> y, Rows<float> c, float* sums,
                        std::int64_t m, std::int64_t n) {
  rectified_gradient_in<FloatTiles>(f, y, c, sums, m, n);
}

}  // namespace kennel
