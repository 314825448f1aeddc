// A lane is one number per environment: float on the GPU, Pack<float, 16> on the CPU, double in
// parity tests.
//
// Lane code is written once against this vocabulary. It never branches on a lane: environments may
// disagree, so it selects.
#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <type_traits>

// KENNEL_RARE marks what few robots need: out of line on the CPU, where it would cost the others
// registers.
#ifdef __CUDACC__
#define KENNEL_HD __host__ __device__ __forceinline__
#define KENNEL_RARE KENNEL_HD
#define KENNEL_UNROLL _Pragma("unroll")
#else
#define KENNEL_HD inline
#define KENNEL_RARE [[gnu::noinline, gnu::cold]] inline
#define KENNEL_UNROLL _Pragma("GCC unroll 8")
#endif

namespace kennel {

/// The number type inside a lane (`scalar`), the lanes of unsigned integers and truth values beside
/// it, and the lane of counters and clocks (`number`): the lane itself, unless it carries more than
/// its numbers, such as their derivatives.
template <class T>
struct LaneTraits;

template <>
struct LaneTraits<float> {
  using scalar = float;
  using number = float;
  using uint = std::uint32_t;
  using mask = bool;
  static constexpr int width = 1;
};

template <>
struct LaneTraits<double> {
  using scalar = double;
  using number = double;
  using uint = std::uint32_t;
  using mask = bool;
  static constexpr int width = 1;
};

template <class T>
using scalar_of = typename LaneTraits<T>::scalar;
template <class T>
using number_of = typename LaneTraits<T>::number;
template <class T>
using uint_of = typename LaneTraits<T>::uint;
template <class T>
using mask_of = typename LaneTraits<T>::mask;
template <class T>
inline constexpr int kLaneWidth = LaneTraits<T>::width;

template <class T>
concept ScalarLane = std::same_as<T, float> || std::same_as<T, double>;

KENNEL_HD float select(bool mask, float a, float b) { return mask ? a : b; }
KENNEL_HD double select(bool mask, double a, double b) { return mask ? a : b; }
KENNEL_HD std::uint32_t select(bool mask, std::uint32_t a, std::uint32_t b) { return mask ? a : b; }

/// 1 / x and 1 / sqrt(x) of a positive number, to within 2 units in the last place: what the GPU
/// has in one instruction takes ten and a slow path to round correctly.
KENNEL_HD float inverse(float x) {
#ifdef __CUDA_ARCH__
  float y;
  asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
#else
  return 1.0f / x;
#endif
}
KENNEL_HD double inverse(double x) { return 1.0 / x; }
KENNEL_HD float inverse_sqrt(float x) {
#ifdef __CUDA_ARCH__
  float y;
  asm("rsqrt.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
#else
  return 1.0f / ::sqrtf(x);
#endif
}
KENNEL_HD double inverse_sqrt(double x) { return 1.0 / ::sqrt(x); }

/// a b + c, rounded once: where a result must not depend on what a compiler contracts.
KENNEL_HD float fma(float a, float b, float c) { return ::fmaf(a, b, c); }

KENNEL_HD float sqrt(float x) { return ::sqrtf(x); }
KENNEL_HD double sqrt(double x) { return ::sqrt(x); }
KENNEL_HD float abs(float x) { return ::fabsf(x); }
KENNEL_HD double abs(double x) { return ::fabs(x); }
KENNEL_HD float min(float a, float b) {
#ifdef __CUDA_ARCH__
  return ::fminf(a, b);  // one instruction; a NaN gives way to a number
#else
  return a < b ? a : b;
#endif
}
KENNEL_HD double min(double a, double b) { return a < b ? a : b; }
KENNEL_HD float max(float a, float b) {
#ifdef __CUDA_ARCH__
  return ::fmaxf(a, b);
#else
  return a > b ? a : b;
#endif
}
KENNEL_HD double max(double a, double b) { return a > b ? a : b; }
KENNEL_HD float round(float x) { return ::rintf(x); }
KENNEL_HD double round(double x) { return ::rint(x); }
/// x^power of a number in [0, 1]. On the GPU to within 2^-22 of its logarithm, times the power:
/// what rounds correctly takes a hundred instructions.
KENNEL_HD float pow(float x, float power) {
#ifdef __CUDA_ARCH__
  float log2, y;
  asm("lg2.approx.ftz.f32 %0, %1;" : "=f"(log2) : "f"(x));
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(power * log2));
  return y;
#else
  return ::powf(x, power);
#endif
}
KENNEL_HD double pow(double x, double power) { return ::pow(x, power); }
KENNEL_HD bool any(bool mask) { return mask; }
KENNEL_HD bool both(bool a, bool b) { return a & b; }  // no branch
KENNEL_HD bool either(bool a, bool b) { return a | b; }
KENNEL_HD bool negate(bool a) { return !a; }
KENNEL_HD bool isfinite(float x) { return x - x == 0.0f; }
KENNEL_HD bool isfinite(double x) { return x - x == 0.0; }

/// Reinterprets the bits of a 32-bit integer as a float.
KENNEL_HD float bits_to_float(std::uint32_t bits) {
#ifdef __CUDA_ARCH__
  return __uint_as_float(bits);
#else
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
#endif
}

KENNEL_HD std::uint32_t to_bits(float x) {
#ifdef __CUDA_ARCH__
  return __float_as_uint(x);
#else
  std::uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
#endif
}

template <std::same_as<float> T>
KENNEL_HD T from_bits(std::uint32_t bits) {
  return bits_to_float(bits);
}

/// 2^k for an integer-valued k in [-126, 127].
KENNEL_HD float exp2_integer(float k) {
  return bits_to_float(static_cast<std::uint32_t>(static_cast<std::int32_t>(k) + 127) << 23);
}

/// A whole number below 2^31 as an integer.
KENNEL_HD std::uint32_t to_uint(float x) { return static_cast<std::uint32_t>(x); }
KENNEL_HD std::uint32_t to_uint(double x) { return static_cast<std::uint32_t>(x); }

KENNEL_HD std::uint32_t mul_hi(std::uint32_t a, std::uint32_t b) {
  return static_cast<std::uint32_t>((static_cast<std::uint64_t>(a) * b) >> 32);
}

/// Uniform in [0, 1) from 24 of the 32 bits: exact in float on every backend.
template <ScalarLane T>
KENNEL_HD T unit_interval(std::uint32_t bits) {
  return static_cast<T>(bits >> 8) * T(1.0 / 16777216.0);
}

/// What sums start from: -0, because x + -0 is x for every x, and compilers drop it; 0 + -0 is not.
template <class T>
KENNEL_HD T nothing() {
  return T(scalar_of<T>(-0.0));
}

template <class T>
KENNEL_HD T clamp(const T& x, const T& low, const T& high) {
  return min(max(x, low), high);
}

template <class T>
KENNEL_HD T square(const T& x) {
  return x * x;
}

}  // namespace kennel
