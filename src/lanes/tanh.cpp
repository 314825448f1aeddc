#include "kennel/lanes/tanh.h"

#include "src/lanes/lane_tanh.h"
#include "src/lanes/product_tiles.h"

namespace kennel {

void tanh_in_place(float* x, std::int64_t n) {
  for (std::int64_t k = 0; k < n;
       k += tiles::kLanes) {  // one loop: the last ones' bits are no others
    const std::size_t numbers = tiles::columns_of(0, n - k);
    tiles::store_part(lane_tanh(tiles::load_part(x + k, numbers)), x + k, numbers);
  }
}

}  // namespace kennel
