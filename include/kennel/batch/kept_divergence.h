// The diverged environment that a device keeps for replay.
#pragma once

#include <cstdint>

#include "kennel/batch/field_layout.h"

namespace kennel {

/// A diverged environment, for `replay_of`: its state before the control step and after it. Of
/// several it is the one of the highest rank. Zeros: none is kept.
struct KeptDivergence {
  unsigned long long rank;  // 0: none
  int lock;                 // 1 while a thread writes what follows
  int env;
  EnvFields before, after;
};

/// Environments that diverge early go before later ones, and within a control step those with lower
/// numbers. Never 0.
/// \param step  control steps since the batch was made
KENNEL_HD unsigned long long divergence_rank(std::uint32_t step, int env) {
  return ~(static_cast<unsigned long long>(step) << 32 | static_cast<unsigned>(env));
}

}  // namespace kennel
