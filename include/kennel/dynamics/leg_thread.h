// The GPU's leg mapping: four neighbouring threads are an environment, a leg each. Tests run the
// same class on the CPU, four threads of a group exchanging numbers through an emulated shuffle.
#pragma once

#include "kennel/core/legs.h"
#include "kennel/model/quadruped.h"

namespace kennel {

/// For layouts only.
struct NoExchange {};

/// One leg of an environment. Exchange is what a warp shuffle does: exchange(x, mask) returns the x
/// of the thread whose leg is this leg ^ mask.
template <class Exchange>
struct LegThread {
  static constexpr int kLocal = 1;
  static constexpr int kPoints = kFewPoints;
  int leg_index;
  Exchange exchange;

  KENNEL_HD int leg(int slot) const {
    KENNEL_ASSERT(slot == 0 && leg_index >= 0 && leg_index < kNumLegs);
    return leg_index;
  }
  KENNEL_HD bool leads() const { return leg_index == 0; }

  /// (l0 + l1) + (l2 + l3) in all four threads: addition commutes, so each thread's order gives the
  /// same bits. `add` must not be contracted with a multiplication around it, or the copies would
  /// differ.
  template <class T, int K>
  KENNEL_HD void sum(const T (&local)[1][K], T (&out)[K]) const {
    KENNEL_UNROLL
    for (int k = 0; k < K; ++k) {
      const T pair = exchange.add(local[0][k], exchange(local[0][k], 1));
      out[k] = exchange.add(pair, exchange(pair, 2));
    }
  }
};

/// LegThread for any robot, with the leg's constants where the thread reaches them faster than in
/// the kernel's parameters: in these every leg's are at another address, and a warp reads them one
/// address after the other.
template <class Exchange, int points = kFewPoints>
struct LoadedLegThread : LegThread<Exchange> {
  static constexpr int kPoints = points;
  const Leg<float, points>* constants_of_leg;

  KENNEL_HD const Leg<float, points>& loaded_constants() const { return *constants_of_leg; }
};

}  // namespace kennel
