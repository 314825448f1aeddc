// The products that a layer's passes are made of, as a table for each precision of their factors.
#pragma once

#include "kennel/lanes/parity_products.h"
#include "kennel/lanes/products.h"

namespace kennel {

struct LayerProducts {
  decltype(&kennel::product) product;
  decltype(&kennel::product_of_transposed) product_of_transposed;
  decltype(&kennel::rectified_gradient) rectified_gradient;
  decltype(&kennel::parity_forward) parity_forward;
  decltype(&kennel::parity_rectified_gradient) parity_rectified_gradient;
};

/// Factors as they are.
const LayerProducts& fp32_products();

/// Factors rounded to bfloat16, which keeps 7 bits of mantissa, sums in single precision: entry by
/// entry, of pairs of the inner index, s <- a1 b1 + s, then s <- a0 b0 + s, fused. Subnormal
/// numbers are zeros. Null on a processor without AVX512_BF16.
const LayerProducts* bf16_products();

}  // namespace kennel
