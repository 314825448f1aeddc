// Pack: N lanes in one SIMD register, one environment each. The CPU's lane type.
//
// GCC and clang vector extensions carry the arithmetic; x86 intrinsics only where the extensions
// lose: AVX-512 keeps a comparison in a mask register, and min, max and sqrt are one instruction.
// The zero-masked forms with a full mask compile to the plain instructions; the plain intrinsics
// make GCC 12 warn of an uninitialised operand inside its own header.
#pragma once

#include <utility>

#include "kennel/core/lane.h"

#if defined(__AVX__) || defined(__SSE2__)
#include <immintrin.h>
#endif

namespace kennel {

template <class Scalar, int N>
struct Pack;

namespace detail {
template <class Scalar, int N>
struct Vector {
  typedef Scalar type __attribute__((vector_size(N * sizeof(Scalar))));
};
template <class Scalar>
using same_size_int = std::conditional_t<sizeof(Scalar) == 8, std::int64_t, std::int32_t>;

#if defined(__AVX512F__)
template <class Scalar, int N>
inline constexpr bool kMaskRegister = N * sizeof(Scalar) == 64;
#else
template <class Scalar, int N>
inline constexpr bool kMaskRegister = false;
#endif
}  // namespace detail

/// A truth value per lane of `Pack<Scalar, N>`.
template <class Scalar, int N>
struct PackMask {
  using Bits = std::conditional_t<detail::kMaskRegister<Scalar, N>,
                                  std::conditional_t<N == 16, std::uint16_t, std::uint8_t>,
                                  typename detail::Vector<detail::same_size_int<Scalar>, N>::type>;
  Bits bits;

  friend PackMask both(const PackMask& a, const PackMask& b) {
    return {static_cast<Bits>(a.bits & b.bits)};
  }
  friend PackMask either(const PackMask& a, const PackMask& b) {
    return {static_cast<Bits>(a.bits | b.bits)};
  }
  friend PackMask negate(const PackMask& a) { return {static_cast<Bits>(~a.bits)}; }

  bool operator[](int lane) const {
    if constexpr (detail::kMaskRegister<Scalar, N>) {
      return (bits >> lane) & 1;
    } else {
      return bits[lane] != 0;
    }
  }
};

template <class Scalar, int N>
struct alignas(N * sizeof(Scalar)) Pack {
  using V = typename detail::Vector<Scalar, N>::type;
  using Mask = PackMask<Scalar, N>;
  V v;

  Pack() = default;
  Pack(Scalar x) : v(x - V{}) {}  // implicit: constants of the model broadcast
  template <class Number>
  requires(std::is_arithmetic_v<Number> && !std::same_as<Number, Scalar>) explicit Pack(Number x)
      : Pack(static_cast<Scalar>(x)) {}
  // With a dependent vector_size GCC 12 cannot tell Pack(Scalar) from Pack(V), hence a named
  // constructor.
  static Pack of(V v) {
    Pack p;
    p.v = v;
    return p;
  }
  /// Reads N consecutive numbers; unaligned is fine.
  static Pack load(const Scalar* from) {
    Pack p;
    std::memcpy(&p.v, from, sizeof(V));
    return p;
  }
  void store(Scalar* to) const { std::memcpy(to, &v, sizeof(V)); }

  Scalar operator[](int lane) const { return v[lane]; }
  void set(int lane, Scalar x) { v[lane] = x; }

  friend Pack operator+(const Pack& a, const Pack& b) { return of(a.v + b.v); }
  friend Pack operator-(const Pack& a, const Pack& b) { return of(a.v - b.v); }
  friend Pack operator*(const Pack& a, const Pack& b) { return of(a.v * b.v); }
  friend Pack operator/(const Pack& a, const Pack& b) { return of(a.v / b.v); }
  friend Pack operator^(const Pack& a, const Pack& b) { return of(a.v ^ b.v); }
  friend Pack operator>>(const Pack& a, int bits) { return of(a.v >> bits); }
  friend Pack operator<<(const Pack& a, int bits) { return of(a.v << bits); }
  friend Pack operator-(const Pack& a) { return of(-a.v); }
  Pack& operator+=(const Pack& b) { return *this = *this + b; }
  Pack& operator-=(const Pack& b) { return *this = *this - b; }
  Pack& operator*=(const Pack& b) { return *this = *this * b; }

  friend Mask operator<(const Pack& a, const Pack& b) { return compare<0>(a, b); }
  friend Mask operator<=(const Pack& a, const Pack& b) { return compare<1>(a, b); }
  friend Mask operator>(const Pack& a, const Pack& b) { return compare<0>(b, a); }
  friend Mask operator>=(const Pack& a, const Pack& b) { return compare<1>(b, a); }
  friend Mask operator==(const Pack& a, const Pack& b) { return compare<2>(a, b); }

 private:
  // Op: 0 is <, 1 is <=, 2 is ==; all false where a number is NaN.
  template <int Op>
  static Mask compare(const Pack& a, const Pack& b) {
#if defined(__AVX512F__)
    constexpr int kPredicate = Op == 0 ? _CMP_LT_OQ : Op == 1 ? _CMP_LE_OQ : _CMP_EQ_OQ;
    if constexpr (sizeof(V) == 64 && std::same_as<Scalar, float>) {
      return {_mm512_cmp_ps_mask((__m512)a.v, (__m512)b.v, kPredicate)};
    } else if constexpr (sizeof(V) == 64 && std::same_as<Scalar, double>) {
      return {_mm512_cmp_pd_mask((__m512d)a.v, (__m512d)b.v, kPredicate)};
    } else if constexpr (sizeof(V) == 64) {
      constexpr auto kInteger = Op == 0 ? _MM_CMPINT_LT : Op == 1 ? _MM_CMPINT_LE : _MM_CMPINT_EQ;
      return {_mm512_cmp_epu32_mask((__m512i)a.v, (__m512i)b.v, kInteger)};
    } else
#endif
    {
      if constexpr (Op == 0) return {a.v < b.v};
      if constexpr (Op == 1) return {a.v <= b.v};
      if constexpr (Op == 2) return {a.v == b.v};
    }
  }
};

template <class Scalar, int N>
struct LaneTraits<Pack<Scalar, N>> {
  using scalar = Scalar;
  using number = Pack<Scalar, N>;
  using uint = Pack<std::uint32_t, N>;
  using mask = PackMask<Scalar, N>;
  static constexpr int width = N;
};

template <class Scalar, int N>
Pack<Scalar, N> select(const PackMask<Scalar, N>& mask, const Pack<Scalar, N>& a,
                       const Pack<Scalar, N>& b) {
  using P = Pack<Scalar, N>;
#if defined(__AVX512F__)
  if constexpr (sizeof(P) == 64 && std::same_as<Scalar, float>) {
    return P::of((typename P::V)_mm512_mask_blend_ps(mask.bits, (__m512)b.v, (__m512)a.v));
  } else if constexpr (sizeof(P) == 64 && std::same_as<Scalar, double>) {
    return P::of((typename P::V)_mm512_mask_blend_pd(mask.bits, (__m512d)b.v, (__m512d)a.v));
  } else if constexpr (sizeof(P) == 64) {
    return P::of((typename P::V)_mm512_mask_blend_epi32(mask.bits, (__m512i)b.v, (__m512i)a.v));
  } else
#endif
    return P::of(mask.bits ? a.v : b.v);
}

/// True where any lane's mask is set. Lane code may use it only to skip work that changes no bit
/// where it is skipped.
template <class Scalar, int N>
bool any(const PackMask<Scalar, N>& mask) {
  if constexpr (detail::kMaskRegister<Scalar, N>) {
    return mask.bits != 0;
  } else {
    bool found = false;
    for (int lane = 0; lane < N; ++lane) found |= mask[lane];
    return found;
  }
}

namespace detail {
/// Applies `f` lane by lane, for what has no vector instruction; compilers vectorise the simple
/// ones.
template <class Scalar, int N, class F>
Pack<Scalar, N> each_lane(const Pack<Scalar, N>& a, F f) {
  Pack<Scalar, N> out;
  for (int lane = 0; lane < N; ++lane) out.v[lane] = f(a.v[lane]);
  return out;
}
}  // namespace detail

template <class Scalar, int N>
Pack<Scalar, N> min(const Pack<Scalar, N>& a, const Pack<Scalar, N>& b) {
#if defined(__AVX512F__)
  using P = Pack<Scalar, N>;
  if constexpr (sizeof(P) == 64 && std::same_as<Scalar, float>)
    return P::of((typename P::V)_mm512_maskz_min_ps(0xffff, (__m512)a.v, (__m512)b.v));
#endif
  return select(a < b, a, b);
}

template <class Scalar, int N>
Pack<Scalar, N> max(const Pack<Scalar, N>& a, const Pack<Scalar, N>& b) {
#if defined(__AVX512F__)
  using P = Pack<Scalar, N>;
  if constexpr (sizeof(P) == 64 && std::same_as<Scalar, float>)
    return P::of((typename P::V)_mm512_maskz_max_ps(0xffff, (__m512)a.v, (__m512)b.v));
#endif
  return select(a > b, a, b);
}

template <int N>
Pack<float, N> fma(const Pack<float, N>& a, const Pack<float, N>& b, const Pack<float, N>& c) {
  using P = Pack<float, N>;
#if defined(__AVX512F__)
  if constexpr (N == 16)
    return P::of((typename P::V)_mm512_fmadd_ps((__m512)a.v, (__m512)b.v, (__m512)c.v));
#endif
  P out;
  for (int lane = 0; lane < N; ++lane) out.v[lane] = kennel::fma(a.v[lane], b.v[lane], c.v[lane]);
  return out;
}

template <class Scalar, int N>
Pack<Scalar, N> inverse(const Pack<Scalar, N>& x) {
  return Pack<Scalar, N>(Scalar(1)) / x;
}

template <class Scalar, int N>
Pack<Scalar, N> sqrt(const Pack<Scalar, N>& a) {
#if defined(__AVX512F__)
  using P = Pack<Scalar, N>;
  if constexpr (sizeof(P) == 64 && std::same_as<Scalar, float>)
    return P::of((typename P::V)_mm512_maskz_sqrt_ps(0xffff, (__m512)a.v));
#endif
  return detail::each_lane(a, [](Scalar x) { return kennel::sqrt(x); });
}

template <class Scalar, int N>
Pack<Scalar, N> inverse_sqrt(const Pack<Scalar, N>& x) {
  return inverse(sqrt(x));
}

template <class Scalar, int N>
Pack<Scalar, N> round(const Pack<Scalar, N>& a) {
#if defined(__AVX512F__)
  using P = Pack<Scalar, N>;
  if constexpr (sizeof(P) == 64 && std::same_as<Scalar, float>)
    return P::of(
        (typename P::V)_mm512_maskz_roundscale_ps(0xffff, (__m512)a.v, _MM_FROUND_TO_NEAREST_INT));
#endif
  return detail::each_lane(a, [](Scalar x) { return kennel::round(x); });
}

template <class Scalar, int N>
Pack<Scalar, N> abs(const Pack<Scalar, N>& a) {
  return max(a, -a);
}

template <class Scalar, int N>
Pack<Scalar, N> pow(const Pack<Scalar, N>& a, const Pack<Scalar, N>& power) {
  Pack<Scalar, N> out;
  for (int lane = 0; lane < N; ++lane) out.v[lane] = kennel::pow(a.v[lane], power.v[lane]);
  return out;
}

template <class Scalar, int N>
PackMask<Scalar, N> isfinite(const Pack<Scalar, N>& a) {
  return (a - a) == Pack<Scalar, N>(Scalar(0));
}

template <int N>
Pack<std::uint32_t, N> to_bits(const Pack<float, N>& x) {
  using P = Pack<std::uint32_t, N>;
  return P::of((typename P::V)x.v);
}

template <class T, int N>
requires(!ScalarLane<T>) T from_bits(const Pack<std::uint32_t, N>& bits) {
  return T::of((typename T::V)bits.v);
}

template <int N>
Pack<float, N> exp2_integer(const Pack<float, N>& k) {
  using I = typename detail::Vector<std::int32_t, N>::type;
  const I exponent = (__builtin_convertvector(k.v, I) + 127) << 23;
  Pack<float, N> out;
  std::memcpy(&out.v, &exponent, sizeof exponent);
  return out;
}

template <class Scalar, int N>
Pack<std::uint32_t, N> to_uint(const Pack<Scalar, N>& x) {
  using I = typename detail::Vector<std::int32_t, N>::type;  // x86 converts to signed integers
  using P = Pack<std::uint32_t, N>;
  return P::of((typename P::V) __builtin_convertvector(x.v, I));
}

template <int N>
Pack<std::uint32_t, N> mul_hi(const Pack<std::uint32_t, N>& a, const Pack<std::uint32_t, N>& b) {
  using Wide = typename detail::Vector<std::uint64_t, N>::type;
  const Wide product = __builtin_convertvector(a.v, Wide) * __builtin_convertvector(b.v, Wide);
  using P = Pack<std::uint32_t, N>;
  return P::of(__builtin_convertvector(product >> 32, typename P::V));
}

template <class T, int N>
requires(!ScalarLane<T>) T unit_interval(const Pack<std::uint32_t, N>& bits) {
  using I = typename detail::Vector<std::int32_t, N>::type;
  const I top = (I)(bits.v >> 8);  // below 2^24: exact as a signed integer and as a float
  return T::of(__builtin_convertvector(top, typename T::V)) * T(scalar_of<T>(1.0 / 16777216.0));
}

/// The width of this machine's widest float register, chosen at build time.
#if defined(__AVX512F__)
inline constexpr int kNativeWidth = 16;
#elif defined(__AVX__)
inline constexpr int kNativeWidth = 8;
#else
inline constexpr int kNativeWidth = 4;  // SSE2, NEON
#endif
using NativePack = Pack<float, kNativeWidth>;

}  // namespace kennel
