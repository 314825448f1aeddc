// The leg mapping of a warp: legs are neighbouring lanes, exchanged by shuffles.
#pragma once

#include <cuda_runtime_api.h>

#include "envs/robots.h"
#include "kennel/dynamics/folded_leg.h"
#include "kennel/dynamics/plain_leg.h"

namespace kennel {

/// Exchanges a number with another leg of the same environment. All 32 lanes of the warp must take
/// part.
struct WarpShuffle {
  __device__ float operator()(float x, int mask) const {
    return __shfl_xor_sync(0xffffffffu, x, mask);
  }
  __device__ float add(float a, float b) const {
    return __fadd_rn(a, b);
  }  // never fused into a multiply-add
  __device__ bool any(bool x) const { return __any_sync(0xffffffffu, x); }
};
using WarpLeg = LegThread<WarpShuffle>;
using LoadedWarpLeg = LoadedLegThread<WarpShuffle>;
using ManyWarpLeg = ManyPoints<WarpLeg>;
using ManyLoadedWarpLeg = LoadedLegThread<WarpShuffle, kMaxPoints>;
template <class Links>
using PlainWarpLeg = PlainLegThread<WarpShuffle, Links>;
template <class Robot>
using FoldedWarpLeg = FoldedLegThread<WarpShuffle, Robot>;

}  // namespace kennel
