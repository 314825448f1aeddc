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
//
// The derivatives lie in one vector register where they fit, like the numbers of a Pack; a host's
// type, as that is.
#pragma once

#include <bit>

#include "kennel/core/math.h"
#include "kennel/core/pack.h"

namespace kennel {

/// A number with its derivatives by N parameters. A constant has none.
/// \tparam Scalar  float or double
/// \tparam N       few; those beyond a register's width cost as much as the first ones again
template <ScalarLane Scalar, int N>
struct Dual {
  static_assert(N >= 1);
  static constexpr int kRoom =
      N < 2 ? 2 : static_cast<int>(std::bit_ceil(static_cast<unsigned>(N)));
  using Rates = typename detail::Vector<Scalar, kRoom>::type;
  Scalar value;
  Rates rate;  // derivatives of value by N parameters; what is left of the room means nothing

  Dual() = default;
  Dual(Scalar x) : value(x), rate(Rates{}) {}  // implicit: constants of the model
  template <class Number>
  requires(std::is_arithmetic_v<Number> && !std::same_as<Number, Scalar>) explicit Dual(Number x)
      : Dual(static_cast<Scalar>(x)) {}
  static Dual of(Scalar value, const Rates& rate) {
    Dual out;
    out.value = value;
    out.rate = rate;
    return out;
  }

  /// The parameter of index `which` itself, at x.
  static Dual parameter(Scalar x, int which) {
    Dual p(x);
    p.rate[which] = Scalar(1);
    return p;
  }

  /// The chain rule of a function of one number: value f(x), derivative f'(x) x'.
  /// \param slopes  factors of f'(x), which are multiplied with x' one after the other: their own
  /// product can overflow where x is a constant, and infinity times 0 is NaN
  template <class... Slopes>
  Dual through(Scalar f, Slopes... slopes) const {
    return of(f, (rate * ... * slopes));
  }

  friend Dual operator+(const Dual& a, const Dual& b) {
    return of(a.value + b.value, a.rate + b.rate);
  }
  friend Dual operator-(const Dual& a, const Dual& b) {
    return of(a.value - b.value, a.rate - b.rate);
  }
  friend Dual operator*(const Dual& a, const Dual& b) {
    return of(a.value * b.value, a.rate * b.value + a.value * b.rate);
  }
  friend Dual operator/(const Dual& a, const Dual& b) {
    const Scalar quotient = a.value / b.value;
    return of(quotient, (a.rate - quotient * b.rate) / b.value);
  }
  friend Dual operator-(const Dual& a) { return a.through(-a.value, Scalar(-1)); }
  Dual& operator+=(const Dual& b) { return *this = *this + b; }
  Dual& operator-=(const Dual& b) { return *this = *this - b; }
  Dual& operator*=(const Dual& b) { return *this = *this * b; }

  // By value alone: where a number stands does not change with it, but at the jump.
  friend bool operator<(const Dual& a, const Dual& b) { return a.value < b.value; }
  friend bool operator<=(const Dual& a, const Dual& b) { return a.value <= b.value; }
  friend bool operator>(const Dual& a, const Dual& b) { return a.value > b.value; }
  friend bool operator>=(const Dual& a, const Dual& b) { return a.value >= b.value; }
  friend bool operator==(const Dual& a, const Dual& b) { return a.value == b.value; }
};

template <ScalarLane Scalar, int N>
struct LaneTraits<Dual<Scalar, N>> {
  using scalar = Scalar;
  using number = Scalar;
  using uint = std::uint32_t;
  using mask = bool;
  static constexpr int width = 1;
};

/// The number without its derivatives.
template <ScalarLane T>
T value_of(const T& x) {
  return x;
}
template <class Scalar, int N>
Scalar value_of(const Dual<Scalar, N>& x) {
  return x.value;
}

template <class Scalar, int N>
Dual<Scalar, N> select(bool mask, const Dual<Scalar, N>& a, const Dual<Scalar, N>& b) {
  return mask ? a : b;
}
template <class Scalar, int N>
Dual<Scalar, N> min(const Dual<Scalar, N>& a, const Dual<Scalar, N>& b) {
  return a.value < b.value ? a : b;
}
template <class Scalar, int N>
Dual<Scalar, N> max(const Dual<Scalar, N>& a, const Dual<Scalar, N>& b) {
  return a.value > b.value ? a : b;
}
template <class Scalar, int N>
Dual<Scalar, N> abs(const Dual<Scalar, N>& x) {
  return x.through(kennel::abs(x.value), Scalar(x.value < 0 ? -1 : 1));
}
template <class Scalar, int N>
Dual<Scalar, N> round(const Dual<Scalar, N>& x) {
  return Dual<Scalar, N>(kennel::round(x.value));
}
template <class Scalar, int N>
Dual<Scalar, N> sqrt(const Dual<Scalar, N>& x) {
  const Scalar root = kennel::sqrt(x.value);
  return x.through(root, Scalar(0.5) / root);
}
template <class Scalar, int N>
Dual<Scalar, N> inverse(const Dual<Scalar, N>& x) {
  const Scalar y = kennel::inverse(x.value);
  return x.through(y, -y, y);
}
template <class Scalar, int N>
Dual<Scalar, N> inverse_sqrt(const Dual<Scalar, N>& x) {
  const Scalar y = kennel::inverse_sqrt(x.value);
  return x.through(y, Scalar(-0.5) * y, y, y);
}
/// x^power of a number in [0, 1] and a constant power: a derivative by the power is not carried.
template <class Scalar, int N>
Dual<Scalar, N> pow(const Dual<Scalar, N>& x, const Dual<Scalar, N>& power) {
  const Scalar p = power.value;
  return x.through(kennel::pow(x.value, p), p * kennel::pow(x.value, p - Scalar(1)));
}
template <class Scalar, int N>
SinCos<Dual<Scalar, N>> sincos(const Dual<Scalar, N>& x) {
  const SinCos<Scalar> at = sincos<Scalar>(x.value);
  return {x.through(at.sin, at.cos), x.through(at.cos, -at.sin)};
}
template <class Scalar, int N>
Dual<Scalar, N> exp(const Dual<Scalar, N>& x) {
  const Scalar y = exp<Scalar>(x.value);
  return x.through(y, y);
}
/// Of the value and of every derivative.
template <class Scalar, int N>
bool isfinite(const Dual<Scalar, N>& x) {
  bool finite = kennel::isfinite(x.value);
  for (int k = 0; k < N; ++k) finite = both(finite, kennel::isfinite(x.rate[k]));
  return finite;
}
template <class Scalar, int N>
std::uint32_t to_uint(const Dual<Scalar, N>& x) {
  return kennel::to_uint(x.value);
}

}  // namespace kennel
