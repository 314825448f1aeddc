// Matrix instructions of a warp, and what rounds their factors: the only PTX of the learner's
// kernels. A host compiler finds the same words in tests/simt.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

namespace kennel {

/// What the factors of a product are rounded to; sums are fp32.
enum class Factors : int { kFp32, kTf32, kBf16 };

/// The bits of x with 10 bits of mantissa, to the nearest, ties away from zero.
__device__ __forceinline__ std::uint32_t to_tf32(float x) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 800
  return __float_as_uint(x);  // never run: minibatch_tile_rows refuses such devices
#elif defined(__CUDACC__)
  std::uint32_t bits;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(x));
  return bits;
#else
  return simt::to_tf32(x);
#endif
}

/// Two numbers in bfloat16, to the nearest, ties to even; `low` in the lower half.
__device__ __forceinline__ std::uint32_t to_bf16_pair(float low, float high) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 800
  return __float_as_uint(low) ^ __float_as_uint(high);
#elif defined(__CUDACC__)
  std::uint32_t bits;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(bits) : "f"(high), "f"(low));
  return bits;
#else
  return simt::to_bf16_pair(low, high);
#endif
}

/// c += a b of (16, depth) and (depth, 8) matrices that a warp holds; depth 8 in tf32, 16 in bf16.
/// With g = lane / 4 and t = lane % 4, a lane holds
///   of c: rows g and g + 8, columns 2 t and 2 t + 1, in the order (g, 2t) (g, 2t+1) (g+8, 2t) ...
///   of a: in tf32 (g, t) (g+8, t) (g, t+4) (g+8, t+4);
///         in bf16 pairs of columns from (g, 2t) (g+8, 2t) (g, 2t+8) (g+8, 2t+8) on
///   of b: in tf32 (t, g) (t+4, g); in bf16 pairs of rows from (2t, g) (2t+8, g) on
/// (PTX ISA, "Matrix Fragments for mma.m16n8k8" and "... m16n8k16".)
template <Factors kFactors>
__device__ __forceinline__ void multiply_add(float (&c)[4], const std::uint32_t (&a)[4],
                                             const std::uint32_t (&b)[2]) {
  static_assert(kFactors != Factors::kFp32);
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ < 800
  c[0] += __uint_as_float(a[0] ^ b[0]);
#elif defined(__CUDACC__)
  if constexpr (kFactors == Factors::kTf32) {
    asm volatile(
        "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 "
        "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
  } else {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
        "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
  }
#else
  if constexpr (kFactors == Factors::kTf32) {
    simt::multiply_add_tf32(c, a, b);
  } else {
    simt::multiply_add_bf16(c, a, b);
  }
#endif
}

}  // namespace kennel
