// A warp's matrix instructions and the conversions of their factors, which CUDA has in PTX alone.
//
// Lanes show each other what they hold and each works out its own numbers, so that a fragment laid
// out wrongly gives wrong numbers here too. Products are exact and summed in double: a tensor core
// sums in fp32 or better and says no more.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <source_location>

#include "tests/simt/cuda/device_words.h"

namespace simt {

inline std::uint32_t to_tf32(float x) {
  if (std::isnan(x)) return 0x7fffffffu;
  return (std::bit_cast<std::uint32_t>(x) + 0x1000u) & ~0x1fffu;
}

inline std::uint32_t to_bf16_pair(float low, float high) {
  const auto half = [](float x) -> std::uint32_t {
    if (std::isnan(x)) return 0x7fffu;
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(x);
    return (bits + 0x7fffu + (bits >> 16 & 1)) >> 16;
  };
  return half(low) | half(high) << 16;
}

/// What a lane brings to a matrix instruction.
struct Fragments {
  std::uint32_t a[4], b[2];
};
inline Fragments fragments[32][kWarpSize];  // of a block's warps

/// c += a b, the factors read from registers by a_at(lanes, row, k) and b_at(lanes, k, column).
template <class A, class B>
void multiply_add(float (&c)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2],
                  int depth, const A& a_at, const B& b_at, const Here& at) {
  Fragments* lanes = fragments[threadIdx.x / kWarpSize];
  const int lane = static_cast<int>(threadIdx.x % kWarpSize);
  lanes[lane] = {{a[0], a[1], a[2], a[3]}, {b[0], b[1]}};
  __syncwarp(0xffffffffu, at);
  for (int i = 0; i < 4; ++i) {
    const int row = lane / 4 + 8 * (i / 2), column = 2 * (lane % 4) + i % 2;
    double sum = c[i];
    for (int k = 0; k < depth; ++k)
      sum += static_cast<double>(a_at(lanes, row, k)) * static_cast<double>(b_at(lanes, k, column));
    c[i] = static_cast<float>(sum);
  }
  __syncwarp(0xffffffffu, at);
}

/// What a register is worth as tf32. One that was not rounded is not defined: a NaN here.
inline float tf32_of(std::uint32_t bits) {
  return bits & 0x1fffu ? std::numeric_limits<float>::quiet_NaN() : std::bit_cast<float>(bits);
}
inline float bf16_of(std::uint32_t pair, int half) {
  return std::bit_cast<float>(half == 0 ? pair << 16 : pair & 0xffff0000u);
}

inline void multiply_add_tf32(float (&c)[4], const std::uint32_t (&a)[4],
                              const std::uint32_t (&b)[2], Here at = Here::current()) {
  multiply_add(
      c, a, b, 8,
      [](const Fragments* lanes, int row, int k) {
        return tf32_of(lanes[4 * (row % 8) + k % 4].a[row / 8 + 2 * (k / 4)]);
      },
      [](const Fragments* lanes, int k, int column) {
        return tf32_of(lanes[4 * column + k % 4].b[k / 4]);
      },
      at);
}

inline void multiply_add_bf16(float (&c)[4], const std::uint32_t (&a)[4],
                              const std::uint32_t (&b)[2], Here at = Here::current()) {
  multiply_add(
      c, a, b, 16,
      [](const Fragments* lanes, int row, int k) {
        return bf16_of(lanes[4 * (row % 8) + k % 8 / 2].a[row / 8 + 2 * (k / 8)], k % 2);
      },
      [](const Fragments* lanes, int k, int column) {
        return bf16_of(lanes[4 * column + k % 8 / 2].b[k / 8], k % 2);
      },
      at);
}

}  // namespace simt
