// Standard normal numbers from random bits, the same bits on every backend.
//
// A compiler may fuse a product and a sum or not, and then the last bit differs. Here each such
// pair is fused by name, no other product meets a sum, and what is left (product, fused sum, square
// root, whole numbers) IEEE 754 rounds alike everywhere.
#pragma once

#include "kennel/core/philox.h"

namespace kennel {

template <class T>
struct Normal4 {
  T x[4];
};

namespace detail {

/// sqrt(-2 ln u), u = (1 + the upper 24 bits) / 2^24 in (0, 1]: from 0 to 5.77.
/// u 2^24 = m 2^k with m from sqrt(1/2) to sqrt(2); ln m by Cephes' logf polynomial.
template <class T>
KENNEL_HD T normal_radius(const uint_of<T>& bits) {
  using U = uint_of<T>;
  constexpr float kTwoLn2 = 1.38629436f;
  const U whole = to_bits(fma(unit_interval<T>(bits), T(16777216.0f), T(1.0f)));
  const U k = (whole - U(0x3f3504f3u)) >> 23;
  const T r = from_bits<T>(whole - (k << 23)) - T(1.0f);
  const T r2 = r * r;
  T p = T(7.0376836292e-2f);
  p = fma(p, r, T(-1.1514610310e-1f));
  p = fma(p, r, T(1.1676998740e-1f));
  p = fma(p, r, T(-1.2420140846e-1f));
  p = fma(p, r, T(1.4249322787e-1f));
  p = fma(p, r, T(-1.6668057665e-1f));
  p = fma(p, r, T(2.0000714765e-1f));
  p = fma(p, r, T(-2.4999993993e-1f));
  p = fma(p, r, T(3.3333331174e-1f));
  const T log_m = fma(r2 * r, p, fma(r2, T(-0.5f), r));
  return sqrt(fma(T(24.0f) - to_number<T>(k), T(kTwoLn2), log_m * T(-2.0f)));
}

/// The cosine and the sine of an angle that is uniform on the circle: one in [-pi/2, pi/2) by the
/// upper 24 bits, seen from the other side where the last bit is set.
template <class T>
struct Direction {
  T cos, sin;
};
template <class T>
KENNEL_HD Direction<T> normal_direction(const uint_of<T>& bits) {
  const T x = (unit_interval<T>(bits) - T(0.5f)) * T(3.14159265f);
  const T x2 = x * x;
  // Least squares in Chebyshev's points; errors below 3e-8.
  T s = T(2.605166276e-6f);
  s = fma(s, x2, T(-1.980904636e-4f));
  s = fma(s, x2, T(8.333050617e-3f));
  s = fma(s, x2, T(-0.1666665797f));
  s = fma(s, x2, T(1.0f));
  T c = T(-2.60510764e-7f);
  c = fma(c, x2, T(2.476013552e-5f));
  c = fma(c, x2, T(-1.388836084e-3f));
  c = fma(c, x2, T(4.166663621e-2f));
  c = fma(c, x2, T(-0.5f));
  c = fma(c, x2, T(1.0f));
  return {from_bits<T>(to_bits(c) ^ (bits << 31)), s * x};
}

}  // namespace detail

/// Four independent standard normal numbers per lane (Box, Muller 1958), at most 5.77 in size.
/// \param T  float or a pack of floats
template <class T>
KENNEL_HD Normal4<T> normal4(const Random4<uint_of<T>>& bits) {
  Normal4<T> out;
  for (int pair = 0; pair < 4; pair += 2) {
    const T radius = detail::normal_radius<T>(bits.x[pair]);
    const auto direction = detail::normal_direction<T>(bits.x[pair + 1]);
    out.x[pair] = radius * direction.cos;
    out.x[pair + 1] = radius * direction.sin;
  }
  return out;
}

}  // namespace kennel
