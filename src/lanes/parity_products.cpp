#include "kennel/lanes/parity_products.h"

#include "src/lanes/float_tiles.h"
#include "src/lanes/product_forms.h"

namespace kennel {

using tiles::FloatTiles;

void parity_forward(const Factors& even, const Factors& odd, Rows<float> c, std::int64_t m,
                    std::int64_t n, Bias bias) {
  tiles::parity_forward_in<FloatTiles>(even, odd, c, m, n, bias);
}

void parity_rectified_gradient(const Factors& even, const Factors& odd, Rows<const float> y,
                               Rows<float> c, float* sums, std::int64_t m, std::int64_t n) {
  tiles::parity_rectified_gradient_in<FloatTiles>(even, odd, y, c, sums, m, n);
}

}  // namespace kennel
