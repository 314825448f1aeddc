// A product that a warp holds in its registers: 16 or 32 rows by 32 columns, of factors in shared
// memory. The arithmetic is FMAs of single precision, or a tensor core's.
//
// A factor's numbers lie along the product's inner index (a row's numbers are neighbours) or across
// it. Which of the 32 lanes holds which number of the product follows from that, so that lanes read
// 8 or 16 bytes at once and, with the strides below, from different banks of shared memory:
//
//   along, tensor core and FMAs       rows of a   8 mod 32 words apart     (activations)
//   along, tensor core                rows of b   8 mod 32                 (weights, backward)
//   along, FMAs                       rows of b   4 mod 8
//   across                            rows        4 or 8 mod 32
#pragma once

#include <cstdint>
#include <type_traits>

#include "kernels/learner/block_sum.h"
#include "kernels/learner/tensor_core.h"

namespace kennel {

/// Where a factor's number (outer, inner) lies: at outer stride + inner, or inner stride + outer.
enum class Lies { kAlong, kAcross };

/// A factor in shared memory.
struct Factor {
  const float* at;
  int stride;
};

/// Numbers that are loaded or stored in one instruction.
template <int n>
struct alignas(4 * n) Numbers {
  float x[n];
};
template <int n>
__device__ __forceinline__ void load(const float* from, float (&to)[n]) {
  const auto numbers = *reinterpret_cast<const Numbers<n>*>(from);
#pragma unroll
  for (int i = 0; i < n; ++i) to[i] = numbers.x[i];
}
template <int n>
__device__ __forceinline__ void store(const float (&from)[n], float* to) {
  Numbers<n> numbers;
#pragma unroll
  for (int i = 0; i < n; ++i) numbers.x[i] = from[i];
  *reinterpret_cast<Numbers<n>*>(to) = numbers;
}

inline constexpr int kTileColumns = 32, kTileDepth = 16;  // `add` takes so many inner numbers

/// By FMAs: a lane holds 4 columns of 4 rows for each 16 of the tile.
template <int kSixteens, Lies kA, Lies kB>
class FmaTile {
 public:
  static constexpr int kGroups = 4 * kSixteens;  // of four numbers, a row each

  template <class At>
  __device__ __forceinline__ void set(const At& at) {
#pragma unroll
    for (int i = 0; i < kGroups; ++i)
#pragma unroll
      for (int j = 0; j < 4; ++j) sum_[i][j] = at(row(i), column(j));
  }

  /// += a b
  __device__ __forceinline__ void add(const Factor& a, const Factor& b) {
#pragma unroll
    for (int k = 0; k < kTileDepth; k += 4) {
      float x[4][kGroups], y[4][4];  // [inner][outer]
#pragma unroll
      for (int i = 0; i < kGroups; i += kA == Lies::kAlong ? 1 : 4) {
        if constexpr (kA == Lies::kAlong) {
          float four[4];
          load(a.at + row(i) * a.stride + k, four);
#pragma unroll
          for (int e = 0; e < 4; ++e) x[e][i] = four[e];
        } else {
#pragma unroll
          for (int e = 0; e < 4; ++e) {
            float four[4];
            load(a.at + (k + e) * a.stride + row(i), four);
#pragma unroll
            for (int n = 0; n < 4; ++n) x[e][i + n] = four[n];
          }
        }
      }
#pragma unroll
      for (int n = 0; n < 4; ++n) {
        if constexpr (kB == Lies::kAlong) {
          float four[4];
          load(b.at + column(n) * b.stride + k, four);
#pragma unroll
          for (int e = 0; e < 4; ++e) y[e][n] = four[e];
        } else {
          load(b.at + (k + n) * b.stride + column(0), y[n]);
        }
      }
#pragma unroll
      for (int e = 0; e < 4; ++e)
#pragma unroll
        for (int i = 0; i < kGroups; ++i)
#pragma unroll
          for (int j = 0; j < 4; ++j) sum_[i][j] += x[e][i] * y[e][j];
    }
  }

  /// visit(row, column, number) of all numbers that the lane holds.
  template <class Visit>
  __device__ __forceinline__ void each(const Visit& visit) const {
#pragma unroll
    for (int i = 0; i < kGroups; ++i)
#pragma unroll
      for (int j = 0; j < 4; ++j) visit(row(i), column(j), sum_[i][j]);
  }

  /// visit(group, row, column, numbers) of neighbours in a row, four at once.
  template <class Visit>
  __device__ __forceinline__ void each_four(const Visit& visit) const {
    static_assert(kB == Lies::kAcross);
#pragma unroll
    for (int i = 0; i < kGroups; ++i) visit(i, row(i), column(0), sum_[i]);
  }

 private:
  static __device__ __forceinline__ int row(int i) {
    const int lane = threadIdx.x % kLanes / 8;
    return kA == Lies::kAlong ? lane + 4 * i : 16 * (i / 4) + 4 * lane + i % 4;
  }
  static __device__ __forceinline__ int column(int j) {
    const int lane = threadIdx.x % 8;
    return kB == Lies::kAlong ? lane + 8 * j : 4 * lane + j;
  }

  float sum_[kGroups][4];
};

/// By a tensor core. Lanes name rows, columns and inner numbers in an order that suits memory: the
/// hardware's column g of product j may stand for column 4 g + j, and so on.
/// \tparam kRounded  whether b's numbers are rounded already; tf32's a must be
template <Factors kFactors, int kSixteens, Lies kA, Lies kB, bool kRounded>
class TensorTile {
 public:
  static constexpr int kGroups = 4 * kSixteens;

  template <class At>
  __device__ __forceinline__ void set(const At& at) {
#pragma unroll
    for (int i = 0; i < 2 * kSixteens; ++i)
#pragma unroll
      for (int j = 0; j < 4; ++j)
#pragma unroll
        for (int c = 0; c < 2; ++c) sum_[i / 2][j][2 * (i % 2) + c] = at(row(i), column(j, c));
  }

  __device__ __forceinline__ void add(const Factor& a, const Factor& b) {
#pragma unroll
    for (int k = 0; k < kTileDepth; k += kDepth) {
      float x[2 * kSixteens][kHeld], y[4][kHeld];  // [outer][inner]
      read<kA, 2 * kSixteens>(
          a, k, [](int i) { return row(i); }, x);
      read<kB, 4>(
          b, k, [](int j) { return factor_column(j); }, y);
      std::uint32_t right[4][2];
#pragma unroll
      for (int j = 0; j < 4; ++j)
#pragma unroll
        for (int e = 0; e < 2; ++e) right[j][e] = packed<kRounded>(y[j], e);
#pragma unroll
      for (int i = 0; i < kSixteens; ++i) {
        std::uint32_t left[4];
#pragma unroll
        for (int e = 0; e < 4; ++e) left[e] = packed<true>(x[2 * i + e % 2], e / 2);
#pragma unroll
        for (int j = 0; j < 4; ++j) multiply_add<kFactors>(sum_[i][j], left, right[j]);
      }
    }
  }

  template <class Visit>
  __device__ __forceinline__ void each(const Visit& visit) const {
#pragma unroll
    for (int i = 0; i < 2 * kSixteens; ++i)
#pragma unroll
      for (int j = 0; j < 4; ++j)
#pragma unroll
        for (int c = 0; c < 2; ++c) visit(row(i), column(j, c), sum_[i / 2][j][2 * (i % 2) + c]);
  }

  template <class Visit>
  __device__ __forceinline__ void each_four(const Visit& visit) const {
    static_assert(kB == Lies::kAcross);
#pragma unroll
    for (int i = 0; i < 2 * kSixteens; ++i)
#pragma unroll
      for (int c = 0; c < 2; ++c) {
        const int at = 2 * (i % 2) + c;
        const float four[4] = {sum_[i / 2][0][at], sum_[i / 2][1][at], sum_[i / 2][2][at],
                               sum_[i / 2][3][at]};
        visit(2 * i + c, row(i), column(0, c), four);
      }
  }

 private:
  static constexpr int kDepth = kFactors == Factors::kTf32 ? 8 : 16;
  static constexpr int kHeld = kDepth / 4;  // inner numbers that a lane holds of a row
  // Inner numbers may be named in any order that both factors share: in pairs where one of them can
  // be read in pairs, else so that lanes read different banks.
  static constexpr bool kPairs = kA == Lies::kAlong || kB == Lies::kAlong;

  static __device__ __forceinline__ int group() { return threadIdx.x % kLanes / 4; }
  static __device__ __forceinline__ int in_group() { return threadIdx.x % 4; }

  /// Row of the hardware's 8 (i % 2) + group of product i / 2.
  static __device__ __forceinline__ int row(int i) {
    return kA == Lies::kAlong ? 8 * i + group() : 2 * kSixteens * group() + i;
  }
  /// Column of the hardware's column `group` of product j, and of 2 in_group + c.
  static __device__ __forceinline__ int factor_column(int j) {
    return kB == Lies::kAlong ? 8 * j + group() : 4 * group() + j;
  }
  static __device__ __forceinline__ int column(int j, int c) {
    const int of = 2 * in_group() + c;
    return kB == Lies::kAlong ? 8 * j + of : 4 * of + j;
  }
  static __device__ __forceinline__ int inner(int e) {
    return kPairs ? 2 * in_group() + e % 2 + 8 * (e / 2) : in_group() + 4 * e;
  }

  template <Lies kLies, int n, class Outer>
  static __device__ __forceinline__ void read(const Factor& factor, int k, const Outer& outer,
                                              float (&to)[n][kHeld]) {
    if constexpr (kLies == Lies::kAlong) {
#pragma unroll
      for (int i = 0; i < n; ++i)
#pragma unroll
        for (int e = 0; e < kHeld; e += 2) {
          float two[2];
          load(factor.at + outer(i) * factor.stride + k + inner(e), two);
          to[i][e] = two[0];
          to[i][e + 1] = two[1];
        }
    } else {
#pragma unroll
      for (int e = 0; e < kHeld; ++e) {
        float all[n];
        load(factor.at + (k + inner(e)) * factor.stride + outer(0), all);
#pragma unroll
        for (int i = 0; i < n; ++i) to[i][e] = all[i];
      }
    }
  }

  /// A register of a fragment: tf32's number e, bf16's pair e.
  template <bool kIsRounded>
  static __device__ __forceinline__ std::uint32_t packed(const float (&x)[kHeld], int e) {
    if constexpr (kFactors == Factors::kBf16) {
      return to_bf16_pair(x[2 * e], x[2 * e + 1]);
    } else {
      return kIsRounded ? __float_as_uint(x[e]) : to_tf32(x[e]);
    }
  }

  float sum_[kSixteens][4][4];
};

template <Factors kFactors, int kSixteens, Lies kA, Lies kB, bool kRounded>
struct WarpTileOf {
  using type = TensorTile<kFactors, kSixteens, kA, kB, kRounded>;
};
template <int kSixteens, Lies kA, Lies kB, bool kRounded>
struct WarpTileOf<Factors::kFp32, kSixteens, kA, kB, kRounded> {
  using type = FmaTile<kSixteens, kA, kB>;
};
template <Factors kFactors, int kSixteens, Lies kA, Lies kB, bool kRounded>
using WarpTile = typename WarpTileOf<kFactors, kSixteens, kA, kB, kRounded>::type;

}  // namespace kennel
