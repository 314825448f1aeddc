// Products of matrices that fit a core's cache, as a slice of rows through a small layer is: a tile
// of the result stays in registers while the inner index runs, and what follows the product is done
// before it leaves them.
//
// At these sizes a BLAS pays for its generality, and the one that LibTorch carries takes half of
// this processor's width where the vendor is not its own. Every entry is a sum in the order of the
// inner index, of a single column in that of its lanes, so no result depends on how rows are cut
// into slices.
#pragma once

#include <cstdint>

namespace kennel {

/// A matrix with contiguous rows, `stride` numbers apart.
template <class Number>
struct Rows {
  Number* data = nullptr;
  std::int64_t stride = 0;
};

/// A product's sides: a (m, k) and b (k, n).
struct Factors {
  Rows<const float> a, b;
  std::int64_t k = 0;
};

/// What is added to each column of a product, and whether the sum is rectified: NaN stays NaN.
struct Bias {
  const float* data = nullptr;  // (n); null: nothing is done
  bool relu = false;
};

/// c (m, n) <- a b, plus a bias
void product(const Factors& f, Rows<float> c, std::int64_t m, std::int64_t n, Bias bias = {});

/// c (m, n) <- a^T b of a (k, m) and b (k, n)
void product_of_transposed(const Factors& f, Rows<float> c, std::int64_t m, std::int64_t n);

/// c (m, n) <- a b where y (m, n) > 0, else 0;  sums (n) <- the sums of c's columns
void rectified_gradient(const Factors& f, Rows<const float> y, Rows<float> c, float* sums,
                        std::int64_t m, std::int64_t n);

}  // namespace kennel
