#include "kennel/lanes/layer_products.h"

namespace kennel {

const LayerProducts& fp32_products() {
  static constexpr LayerProducts kProducts = {
      .product = product,
      .product_of_transposed = product_of_transposed,
      .rectified_gradient = rectified_gradient,
      .parity_forward = parity_forward,
      .parity_rectified_gradient = parity_rectified_gradient};
  return kProducts;
}

}  // namespace kennel
