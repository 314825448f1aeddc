// Moving one environment between a block of lanes and plain numbers.
#pragma once

#include <cstring>
#include <type_traits>

#include "kennel/core/assert.h"
#include "kennel/core/pack.h"

namespace kennel {

/// Copies a lane of a struct of packs into the same struct of plain numbers. Both are lists of
/// 4-byte fields in one order.
template <int W, class Wide, class Narrow>
void extract_lane(const Wide& wide, int lane, Narrow& narrow) {
  static_assert(sizeof(Wide) == W * sizeof(Narrow) && std::is_trivially_copyable_v<Wide> &&
                std::is_trivially_copyable_v<Narrow>);
  KENNEL_ASSERT(lane >= 0 && lane < W);
  const char* from = reinterpret_cast<const char*>(&wide) + 4 * lane;
  char* to = reinterpret_cast<char*>(&narrow);
  for (std::size_t field = 0; field < sizeof(Narrow) / 4; ++field)
    std::memcpy(to + 4 * field, from + 4 * W * field, 4);
}

/// The other way.
template <int W, class Wide, class Narrow>
void insert_lane(const Narrow& narrow, int lane, Wide& wide) {
  static_assert(sizeof(Wide) == W * sizeof(Narrow) && std::is_trivially_copyable_v<Wide> &&
                std::is_trivially_copyable_v<Narrow>);
  KENNEL_ASSERT(lane >= 0 && lane < W);
  const char* from = reinterpret_cast<const char*>(&narrow);
  char* to = reinterpret_cast<char*>(&wide) + 4 * lane;
  for (std::size_t field = 0; field < sizeof(Narrow) / 4; ++field)
    std::memcpy(to + 4 * W * field, from + 4 * field, 4);
}

}  // namespace kennel
