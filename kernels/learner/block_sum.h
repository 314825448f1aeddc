// Sums over a warp and over a block, always in the same order.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

namespace kennel {

inline constexpr int kLanes = 32;
inline constexpr unsigned kWholeWarp = 0xffffffffu;

/// The sum of x over the warp, the same bits in all its lanes, which must all take part.
template <class T>
__device__ __forceinline__ T warp_sum(T x) {
  for (int by = kLanes / 2; by > 0; by /= 2) x += __shfl_xor_sync(kWholeWarp, x, by);
  return x;
}

/// The sum of x over the block, in all its threads, which must all take part.
/// \param warps  shared memory, a number for each warp of the block
template <class T>
__device__ __forceinline__ T block_sum(T x, T* warps) {
  x = warp_sum(x);
  __syncthreads();  // whoever read what was there before has done so
  if (threadIdx.x % kLanes == 0) warps[threadIdx.x / kLanes] = x;
  __syncthreads();
  T sum = warps[0];
  for (unsigned w = 1; w < blockDim.x / kLanes; ++w) sum += warps[w];
  return sum;
}

/// ceil(rows / rows_a_block), at least 1 and at most `most`.
inline int blocks_for(std::int64_t rows, std::int64_t rows_a_block, std::int64_t most) {
  const std::int64_t wanted = (rows + rows_a_block - 1) / rows_a_block;
  return static_cast<int>(wanted < 1 ? 1 : wanted > most ? most : wanted);
}

}  // namespace kennel
