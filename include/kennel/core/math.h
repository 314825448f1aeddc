// Elementary functions for lanes, the same polynomials on every backend: no slow path, no table, no
// branch.
#pragma once

#include "kennel/core/lane.h"

namespace kennel {

template <class T>
struct SinCos {
  T sin, cos;
};

/// Sine and cosine. double: the C library's. float: Cody-Waite reduction to [-pi/4, pi/4] and
/// minimax polynomials (Cephes' sinf and cosf coefficients); error below 2 ulp for |x| < 8192, far
/// beyond any joint angle.
template <class T>
KENNEL_HD SinCos<T> sincos(const T& x) {
  if constexpr (std::same_as<T, double>) {
    return {::sin(x), ::cos(x)};
  } else if constexpr (std::same_as<scalar_of<T>, double>) {
    SinCos<T> out;
    for (int lane = 0; lane < kLaneWidth<T>; ++lane) {
      out.sin.set(lane, ::sin(x[lane]));
      out.cos.set(lane, ::cos(x[lane]));
    }
    return out;
  } else {
    const T quadrant = round(x * T(0.636619772f));
    const T r = ((x - quadrant * T(1.5703125f)) - quadrant * T(4.837512969970703125e-4f)) -
                quadrant * T(7.549789948768648e-8f);
    const T r2 = r * r;
    const T s =
        r +
        r * r2 * (T(-1.6666654611e-1f) + r2 * (T(8.3321608736e-3f) + r2 * T(-1.9515295891e-4f)));
    const T c = T(1.0f) - T(0.5f) * r2 +
                r2 * r2 *
                    (T(4.166664568298827e-2f) +
                     r2 * (T(-1.388731625493765e-3f) + r2 * T(2.443315711809948e-5f)));
    // quadrant mod 4 without integers: q - 4 round(q / 4) is in {-2, -1, 0, 1, 2}.
    const T q = quadrant - T(4.0f) * round(quadrant * T(0.25f));
    const auto odd = abs(q) == T(1.0f);
    const auto half_turn = abs(q) == T(2.0f);
    const T sin_magnitude = select(odd, c, s);
    const T cos_magnitude = select(odd, s, c);
    // sin flips in quadrants 2 and 3 (q = +-2, -1), cos in 1 and 2 (q = 1, +-2).
    const auto sin_flips = either(half_turn, q == T(-1.0f));
    const auto cos_flips = either(half_turn, q == T(1.0f));
    return {select(sin_flips, -sin_magnitude, sin_magnitude),
            select(cos_flips, -cos_magnitude, cos_magnitude)};
  }
}

/// e^x. float: 2^k times a polynomial on [-ln2/2, ln2/2] (Cephes' expf coefficients), error below 2
/// ulp; inputs are clamped to [-87, 88], so that it never overflows.
template <class T>
KENNEL_HD T exp(const T& x) {
  if constexpr (std::same_as<T, double>) {
    return ::exp(x);
  } else if constexpr (std::same_as<scalar_of<T>, double>) {
    T out;
    for (int lane = 0; lane < kLaneWidth<T>; ++lane) out.set(lane, ::exp(x[lane]));
    return out;
  } else {
    const T y = clamp(x, T(-87.0f), T(88.0f));
    const T k = round(y * T(1.44269504f));
    const T r = (y - k * T(0.693359375f)) - k * T(-2.12194440e-4f);
    T p = T(1.9875691500e-4f);
    p = p * r + T(1.3981999507e-3f);
    p = p * r + T(8.3334519073e-3f);
    p = p * r + T(4.1665795894e-2f);
    p = p * r + T(1.6666665459e-1f);
    p = p * r + T(5.0000001201e-1f);
    return (p * r * r + r + T(1.0f)) * exp2_integer(k);
  }
}

}  // namespace kennel
