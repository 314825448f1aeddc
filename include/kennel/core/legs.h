// "For each leg": the one thing that differs between the CPU, where a loop visits four legs, and
// the GPU, where each of four neighbouring threads holds one.
//
// Lane code keeps what belongs to legs in arrays of `Legs::kLocal` slots, walks them in a loop,
// and adds over all four legs with `sum`. What belongs to the base is held by every thread alike,
// so all four copies must have the same bits: a sum adds (leg 0 + leg 1) + (leg 2 + leg 3)
// everywhere.
#pragma once

#include "kennel/core/assert.h"

namespace kennel {

inline constexpr int kNumLegs = 4;
inline constexpr int kJointsPerLeg = 3;
inline constexpr int kNumJoints = kNumLegs * kJointsPerLeg;

// Contact points that a leg's thread computes, a property of the mapping (`kPoints`): what nearly
// all robots have, and what a robot may have at most.
inline constexpr int kFewPoints = 2, kMaxPoints = 6;

/// All four legs in one thread.
struct AllLegs {
  static constexpr int kLocal = kNumLegs;
  static constexpr int kPoints = kFewPoints;

  /// The robot's leg that a slot holds.
  KENNEL_HD int leg(int slot) const {
    KENNEL_ASSERT(slot >= 0 && slot < kLocal);
    return slot;
  }

  /// Whether this thread writes what belongs to the whole environment.
  KENNEL_HD bool leads() const { return true; }

  /// Sums K numbers over the legs: out[k] = sum over legs of local[slot][k].
  template <class T, int K>
  KENNEL_HD void sum(const T (&local)[kLocal][K], T (&out)[K]) const {
    for (int k = 0; k < K; ++k) out[k] = (local[0][k] + local[1][k]) + (local[2][k] + local[3][k]);
  }
};

/// A mapping of legs for robots with more contact points a leg, or with some on the base, which are
/// dealt out to the legs.
template <class Legs>
struct ManyPoints : Legs {
  static constexpr int kPoints = kMaxPoints;
};

/// Whether the mapping knows points on the base.
template <class Legs>
inline constexpr bool kPointsOnBase = Legs::kPoints > kFewPoints;

/// Whether a condition holds for any of the environments that are computed together, for skipping
/// work that would change no bit. A warp decides as one, so that its threads need not meet again
/// afterwards; all of them must call it.
template <class Legs, class Mask>
KENNEL_HD bool anywhere(const Legs& legs, const Mask& mask) {
  if constexpr (requires { legs.exchange.any(mask); }) {
    return legs.exchange.any(mask);
  } else {
    return any(mask);
  }
}

/// What lane code asks of a leg mapping.
template <class L>
concept LegMapping = requires(const L legs, const float (&local)[L::kLocal][2], float (&out)[2]) {
  { L::kLocal } -> std::convertible_to<int>;
  { L::kPoints } -> std::convertible_to<int>;
  { legs.leg(0) } -> std::convertible_to<int>;
  { legs.leads() } -> std::convertible_to<bool>;
  legs.sum(local, out);
};

}  // namespace kennel
