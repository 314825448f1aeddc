// Where a step writes, for backends that know plain memory.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kennel/core/bfloat16.h"

namespace kennel {

/// What a GPU loads or stores in one instruction.
struct alignas(16) FourNumbers {
  float x[4];
};

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
  /// Four numbers at once.
  /// \param at  a multiple of four
  KENNEL_HD void put(std::size_t at, const FourNumbers& x) const {
    if (bfloat16) {
      struct alignas(8) Four {
        std::uint16_t x[4];
      } rounded;
      for (int i = 0; i < 4; ++i) rounded.x[i] = to_bfloat16(x.x[i]);
      reinterpret_cast<Four*>(memory)[at / 4] = rounded;
    } else {
      reinterpret_cast<FourNumbers*>(memory)[at / 4] = x;
    }
  }
  /// Bytes a number.
  KENNEL_HD std::size_t width() const { return bfloat16 ? 2 : 4; }
};

/// The tensors of StepBuffers, a row an environment, in the backend's memory.
struct StepPointers {
  ObsRows obs, privileged_obs;
  float *reward, *terminated, *truncated, *command_changed;
  ObsRows final_obs, final_privileged_obs;
};

}  // namespace kennel
