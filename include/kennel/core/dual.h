// Dual: a number and its derivatives by N parameters, carried along by the chain rule (forward
// mode; Griewank and Walther 2008, "Evaluating Derivatives", section 3.1):
//   f(x + eps x') = f(x) + eps f'(x) x',  eps^2 = 0.
// A lane type: the physics text and what envs/ computes take it as they take float, and give the
// derivatives of what they compute.
//
// They are those of the program, which is not always those of the world. They part from a
// difference quotient, and from what a learner wants, where
//   - a branch is near. min, max, abs and select follow the side that the value is on, and know
//     nothing of the jump or the kink beside it. A foot that is about to touch down, an edge of a
//     friction pyramid about to slip, a torque at its limit: the derivative is that of one side,
//     and a quotient whose step crosses the kink gives a mixture. On a tie the second argument
//     counts.
//   - the derivative is zero on both sides of a jump: comparisons, `round` and `to_uint` have none.
//   - the solver has not converged. With training's 2 Newton steps the derivative is that of two
//     Newton steps from this warm start, warm start included, and agrees with a quotient of the
//     same two; with kConverged it is that of the contact problem's solution.
//   - time is discrete. Through a free impact the position of the floor within the step decides the
//     derivative, which need not approach that of the continuous motion, not even in sign, however
//     exact it is (DiffMJX's cube, Euler at 3 ms: 1.28 by duals, -10.5 by quotients, 0.17 true).
//   - a rollout is long: derivatives grow with the sensitivity of the motion.
// tests/dynamics/dual_test.cpp holds the physics to quotients where it is smooth, with 2 steps and
// converged, and shows the jump at touchdown.
#pragma once

#include "kennel/core/math.h"

namespace kennel {

/// A number with its derivatives by N parameters. A constant has none.
/// \tparam Scalar  float or double; N of a few: every operation costs about 1 + N of its scalar ones
template <ScalarLane Scalar, int N>
struct Dual {
  static_assert(N >= 1);
  Scalar value;
  Scalar rate[N];  // derivatives of value, in the parameters' inverse units

  Dual() = default;
  KENNEL_HD Dual(Scalar x) : value(x) {  // implicit: constants of the model
    for (Scalar& r : rate) r = Scalar(0);
  }
  template <class Number>
  requires(std::is_arithmetic_v<Number> && !std::same_as<Number, Scalar>)  //
      KENNEL_HD explicit Dual(Number x)
      : Dual(static_cast<Scalar>(x)) {}

  /// The parameter of index `which` itself, at x.
  static KENNEL_HD Dual parameter(Scalar x, int which) {
    Dual p(x);
    p.rate[which] = Scalar(1);
    return p;
  }

  /// The chain rule of a function of one number: value f(x), derivative f'(x) x'.
  /// \param slopes  factors of f'(x), which are multiplied with x' one after the other: their own
  /// product can overflow where x is a constant, and infinity times 0 is NaN
  template <class... Slopes>
  KENNEL_HD Dual through(Scalar f, Slopes... slopes) const {
    Dual out;
    out.value = f;
    for (int k = 0; k < N; ++k) out.rate[k] = (rate[k] * ... * slopes);
    return out;
  }

  friend KENNEL_HD Dual operator+(const Dual& a, const Dual& b) {
    Dual out;
    out.value = a.value + b.value;
    for (int k = 0; k < N; ++k) out.rate[k] = a.rate[k] + b.rate[k];
    return out;
  }
  friend KENNEL_HD Dual operator-(const Dual& a, const Dual& b) {
    Dual out;
    out.value = a.value - b.value;
    for (int k = 0; k < N; ++k) out.rate[k] = a.rate[k] - b.rate[k];
    return out;
  }
  friend KENNEL_HD Dual operator*(const Dual& a, const Dual& b) {
    Dual out;
    out.value = a.value * b.value;
    for (int k = 0; k < N; ++k) out.rate[k] = a.rate[k] * b.value + a.value * b.rate[k];
    return out;
  }
  friend KENNEL_HD Dual operator/(const Dual& a, const Dual& b) {
    Dual out;
    out.value = a.value / b.value;
    for (int k = 0; k < N; ++k) out.rate[k] = (a.rate[k] - out.value * b.rate[k]) / b.value;
    return out;
  }
  friend KENNEL_HD Dual operator-(const Dual& a) { return a.through(-a.value, Scalar(-1)); }
  KENNEL_HD Dual& operator+=(const Dual& b) { return *this = *this + b; }
  KENNEL_HD Dual& operator-=(const Dual& b) { return *this = *this - b; }
  KENNEL_HD Dual& operator*=(const Dual& b) { return *this = *this * b; }

  // By value alone: where a number stands does not change with it, but at the jump.
  friend KENNEL_HD bool operator<(const Dual& a, const Dual& b) { return a.value < b.value; }
  friend KENNEL_HD bool operator<=(const Dual& a, const Dual& b) { return a.value <= b.value; }
  friend KENNEL_HD bool operator>(const Dual& a, const Dual& b) { return a.value > b.value; }
  friend KENNEL_HD bool operator>=(const Dual& a, const Dual& b) { return a.value >= b.value; }
  friend KENNEL_HD bool operator==(const Dual& a, const Dual& b) { return a.value == b.value; }
};

template <ScalarLane Scalar, int N>
struct LaneTraits<Dual<Scalar, N>> {
  using scalar = Scalar;
  using number = Scalar;
  using uint = std::uint32_t;
  using mask = bool;
  static constexpr int width = 1;
};

template <class Scalar, int N>
KENNEL_HD Dual<Scalar, N> select(bool mask, const Dual<Scalar, N>& a, const Dual<Scalar, N>& b) {
  return mask ? a : b;
}
template <class Scalar, int N>
KENNEL_HD Dual<Scalar, N> min(const Dual<Scalar, N>& a, const Dual<Scalar, N>& b) {
  return a.value < b.value ? a : b;
}
template <class Scalar, int N>
KENNEL_HD Dual<Scalar, N> max(const Dual<Scalar, N>& a, const Dual<Scalar, N>& b) {
  return a.value > b.value ? a : b;
}
template <class Scalar, int N>
KENNEL_HD Dual<Scalar, N> abs(const Dual<Scalar, N>& x) {
  return x.through(kennel::abs(x.value), Scalar(x.value < 0 ? -1 : 1));
}
template <class Scalar, int N>
KENNEL_HD Dual<Scalar, N> round(const Dual<Scalar, N>& x) {
  return Dual<Scalar, N>(kennel::round(x.value));
}
template <class Scalar, int N>
KENNEL_HD Dual<Scalar, N> sqrt(const Dual<Scalar, N>& x) {
  const Scalar root = kennel::sqrt(x.value);
  return x.through(root, Scalar(0.5) / root);
}
template <class Scalar, int N>
KENNEL_HD Dual<Scalar, N> inverse(const Dual<Scalar, N>& x) {
  const Scalar y = kennel::inverse(x.value);
  return x.through(y, -y, y);
}
template <class Scalar, int N>
KENNEL_HD Dual<Scalar, N> inverse_sqrt(const Dual<Scalar, N>& x) {
  const Scalar y = kennel::inverse_sqrt(x.value);
  return x.through(y, Scalar(-0.5) * y, y, y);
}
/// x^power of a number in [0, 1] and a constant power: a derivative by the power is not carried.
template <class Scalar, int N>
KENNEL_HD Dual<Scalar, N> pow(const Dual<Scalar, N>& x, const Dual<Scalar, N>& power) {
  const Scalar p = power.value;
  return x.through(kennel::pow(x.value, p), p * kennel::pow(x.value, p - Scalar(1)));
}
template <class Scalar, int N>
KENNEL_HD SinCos<Dual<Scalar, N>> sincos(const Dual<Scalar, N>& x) {
  const SinCos<Scalar> at = sincos<Scalar>(x.value);
  return {x.through(at.sin, at.cos), x.through(at.cos, -at.sin)};
}
template <class Scalar, int N>
KENNEL_HD Dual<Scalar, N> exp(const Dual<Scalar, N>& x) {
  const Scalar y = exp<Scalar>(x.value);
  return x.through(y, y);
}
/// Of the value and of every derivative.
template <class Scalar, int N>
KENNEL_HD bool isfinite(const Dual<Scalar, N>& x) {
  bool finite = kennel::isfinite(x.value);
  for (const Scalar& r : x.rate) finite = both(finite, kennel::isfinite(r));
  return finite;
}
template <class Scalar, int N>
KENNEL_HD std::uint32_t to_uint(const Dual<Scalar, N>& x) {
  return kennel::to_uint(x.value);
}

}  // namespace kennel
