#include "kennel/lanes/tanh.h"

#include "src/lanes/lane_tanh.h"
#include "src/lanes/product_tiles.h"

namespace kennel {

void tanh_in_place(float* x, std::int64_t n) {
  for (std::int64_t k = 0; k < n; k += tiles::kLanes) {
    tiles::V now;
    tiles::with_columns(0, n - k, [&](auto numbers) { now = tiles::load_part(x + k, numbers); });
    now = lane_tanh(now);  // one text for all: the last ones' bits are no others
    tiles::with_columns(0, n - k, [&](auto numbers) { tiles::store_part(now, x + k, numbers); });
  }
}

}  // namespace kennel
