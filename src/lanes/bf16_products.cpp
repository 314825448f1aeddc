// Compiled for AVX512_BF16 where the lanes around it are AVX-512 (CMakeLists.txt), for whatever
// processor runs them: asked for at run time.
#include "kennel/lanes/layer_products.h"

#if defined(__AVX512BF16__)

#include "src/lanes/pair_tiles.h"
#include "src/lanes/product_forms.h"

namespace kennel {
namespace {

using namespace tiles;

void product_in_pairs(const Factors& f, Rows<float> c, std::int64_t m, std::int64_t n, Bias bias) {
  multiply_all<PairTiles, Left::kPlain>(f, c, m, n, bias);
}

}  // namespace

const LayerProducts* bf16_products() {
  static constexpr LayerProducts kProducts = {
      .product = product_in_pairs,
      .product_of_transposed = product_of_transposed_in<PairTiles>,
      .rectified_gradient = rectified_gradient_in<PairTiles>,
      .parity_forward = parity_forward_in<PairTiles>,
      .parity_rectified_gradient = parity_rectified_gradient_in<PairTiles>};
  return __builtin_cpu_supports("avx512bf16") ? &kProducts : nullptr;
}

}  // namespace kennel

#else

namespace kennel {

const LayerProducts* bf16_products() { return nullptr; }

}  // namespace kennel

#endif
