// Where a step writes, for backends that know plain memory.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kennel/core/bfloat16.h"

namespace kennel {

/// Observations in the backend's memory, row-major, float32 or bfloat16.
struct ObsRows {
  void* memory;
  bool bfloat16;

  KENNEL_HD void put(std::size_t at, float x) const {
    if (bfloat16) {
      static_cast<std::uint16_t*>(memory)[at] = to_bfloat16(x);
    } else {
      static_cast<float*>(memory)[at] = x;
    }
  }
  /// Bytes a number.
  KENNEL_HD std::size_t width() const { return bfloat16 ? 2 : 4; }
};

/// The tensors of StepBuffers, a row an environment, in the backend's memory.
struct StepPointers {
  ObsRows obs, privileged_obs;
  float *reward, *terminated, *truncated;
  ObsRows final_obs, final_privileged_obs;
};

}  // namespace kennel
