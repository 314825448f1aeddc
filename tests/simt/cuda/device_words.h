// The words of CUDA's device language, for a C++ compiler: qualifiers, indices, what lanes meet in,
// atomics. tests/simt/machine.h runs what is written in them.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <source_location>
#include <type_traits>

#include "tests/simt/machine.h"

#define __global__
#define __device__
#define __host__
#define __grid_constant__
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__  // also a word of the standard library's own attributes
#define __launch_bounds__(...)
#define __align__(n) __attribute__((aligned(n)))
// One block runs at a time; each finds its shared memory poisoned. (Not that of templates, whose
// sections GCC 12 forgets: kernels that are templates share block_memory() of kernels/launch.h.)
#define __shared__ static __attribute__((section("kennel_shared")))

struct SimtIndex {
  unsigned x, y, z;
};
extern SimtIndex threadIdx, blockIdx, blockDim, gridDim;

namespace simt {

using Here = std::source_location;

template <class T>
T shuffle(const char* name, std::uint32_t mask, T x, int source, const Here& at) {
  static_assert(sizeof(T) <= 8 && std::is_trivially_copyable_v<T>);
  std::uint64_t bits = 0;
  std::memcpy(&bits, &x, sizeof x);
  bits = meet({Meeting::Kind::kShuffle, name, mask, at}, bits, source);
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

inline std::uint32_t ballot(const char* name, std::uint32_t mask, bool vote, const Here& at) {
  return static_cast<std::uint32_t>(meet({Meeting::Kind::kBallot, name, mask, at}, vote, 0));
}

/// Reads, changes and writes a word as one; orders no other memory.
template <class T, class Change>
T atomically(T* at, const Change& change) {
  T before;
  __atomic_load(at, &before, __ATOMIC_RELAXED);
  for (;;) {
    T after = change(before);
    if (__atomic_compare_exchange(at, &before, &after, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
      return before;
  }
}

template <class T>
using Same = std::type_identity_t<T>;

}  // namespace simt

template <class T>
T __shfl_sync(unsigned mask, T x, int source, simt::Here at = simt::Here::current()) {
  return simt::shuffle("__shfl_sync", mask, x, source, at);
}
template <class T>
T __shfl_xor_sync(unsigned mask, T x, int lane_mask, simt::Here at = simt::Here::current()) {
  return simt::shuffle("__shfl_xor_sync", mask, x, simt::lane() ^ lane_mask, at);
}
/// A lane whose source lies beyond the warp keeps its own value.
template <class T>
T __shfl_down_sync(unsigned mask, T x, int by, simt::Here at = simt::Here::current()) {
  const int source = simt::lane() + by;
  return simt::shuffle("__shfl_down_sync", mask, x,
                       source < simt::kWarpSize ? source : simt::lane(), at);
}
inline unsigned __ballot_sync(unsigned mask, int vote, simt::Here at = simt::Here::current()) {
  return simt::ballot("__ballot_sync", mask, vote != 0, at);
}
inline int __any_sync(unsigned mask, int vote, simt::Here at = simt::Here::current()) {
  return simt::ballot("__any_sync", mask, vote != 0, at) != 0;
}
inline int __all_sync(unsigned mask, int vote, simt::Here at = simt::Here::current()) {
  return simt::ballot("__all_sync", mask, vote != 0, at) == mask;
}
inline void __syncwarp(unsigned mask = 0xffffffffu, simt::Here at = simt::Here::current()) {
  simt::meet({simt::Meeting::Kind::kSyncWarp, "__syncwarp", mask, at}, 0, 0);
}
inline void __syncthreads(simt::Here at = simt::Here::current()) {
  simt::meet({simt::Meeting::Kind::kSyncThreads, "__syncthreads", 0xffffffffu, at}, 0, 0);
}
inline void __threadfence() { simt::fence(); }

template <class T>
T atomicCAS(T* at, simt::Same<T> expected, simt::Same<T> wanted) {
  return simt::atomically(at, [&](T x) { return x == expected ? wanted : x; });
}
template <class T>
T atomicAdd(T* at, simt::Same<T> x) {
  return simt::atomically(at, [&](T before) { return before + x; });
}
template <class T>
T atomicMin(T* at, simt::Same<T> x) {
  return simt::atomically(at, [&](T before) { return before < x ? before : x; });
}
template <class T>
T atomicMax(T* at, simt::Same<T> x) {
  return simt::atomically(at, [&](T before) { return before > x ? before : x; });
}
template <class T>
T atomicExch(T* at, simt::Same<T> x) {
  return simt::atomically(at, [&](T) { return x; });
}

/// Rounded to nearest, and never fused into a multiply-add.
[[gnu::noinline]] inline float __fadd_rn(float a, float b) { return a + b; }
[[gnu::noinline]] inline float __fmul_rn(float a, float b) { return a * b; }

inline float __uint_as_float(unsigned bits) { return std::bit_cast<float>(bits); }
inline unsigned __float_as_uint(float x) { return std::bit_cast<unsigned>(x); }
inline float __int_as_float(int bits) { return std::bit_cast<float>(bits); }
inline int __float_as_int(float x) { return std::bit_cast<int>(x); }
inline int __popc(unsigned x) { return std::popcount(x); }
inline int __ffs(int x) { return __builtin_ffs(x); }
inline int __clz(int x) { return std::countl_zero(static_cast<unsigned>(x)); }
template <class T>
T __ldg(const T* from) {
  return *from;
}
