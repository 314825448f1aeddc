// Copies from global to shared memory that a thread does not wait for, in groups.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

namespace kennel {

/// Copies n numbers, or sets them to zero where they are not real. 4 n bytes must be aligned.
template <int n>
__device__ __forceinline__ void copy_async(const float* from, bool real, float* to) {
  static_assert(n == 1 || n == 4);
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  const auto at = static_cast<std::uint32_t>(__cvta_generic_to_shared(to));
  const int bytes = real ? 4 * n : 0;
  if constexpr (n == 4) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(at), "l"(from), "r"(bytes)
                 : "memory");
  } else {
    asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(at), "l"(from), "r"(bytes)
                 : "memory");
  }
#else
  for (int i = 0; i < n; ++i) to[i] = real ? from[i] : 0.0f;
#endif
}

/// Ends a group of the thread's copies.
__device__ __forceinline__ void end_copies() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}

/// Waits until all but the thread's latest `kGroups` groups have come.
template <int kGroups>
__device__ __forceinline__ void wait_for_copies() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
  asm volatile("cp.async.wait_group %0;" ::"n"(kGroups) : "memory");
#endif
}

}  // namespace kennel
