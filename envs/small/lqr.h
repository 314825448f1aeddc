// The linear-quadratic regulator: a double integrator that shall come to rest.
//
//   x' = A x + B u,   cost = x'Q x + u'R u,   x_0 ~ N(0, I)
//   A = [1 .1; 0 1],  B = [.005; .1],  Q = diag(1, .1),  R = .01
//
// The best policy is u = -K* x with K* = (R + B'PB)^-1 B'PA and P = Q + A'P(A - BK*) (Anderson and
// Moore, Optimal Control, 1990, section 2.4): K* = [7.61295797, 4.58493499], and since x_0 has the
// covariance I, its mean cost is tr(P*) = 6.63165543. For a policy K of cost J(K) the gradient is
// 2 ((R + B'PB)K - B'PA) Sigma (Fazel et al. 2018, arXiv 1801.05039, lemma 1).
//
// An episode has 60 steps. K* leaves 5e-12 of the cost to what would follow, K = [3, 3] 3e-9. The
// clock truncates it, so that a method that bootstraps sees the endless problem. |x_0| <= 5.77,
// where K* asks for |u| <= 51: the bounds of 64 never clip it.
#pragma once

#include "envs/small/task.h"

namespace kennel::small {

struct Lqr {
  static constexpr double A[2][2] = {{1.0, 0.1}, {0.0, 1.0}}, B[2] = {0.005, 0.1};
  static constexpr double Q[2] = {1.0, 0.1}, R = 0.01;

  static constexpr ObsRow kObs[] = {{"position", 1, "m"}, {"velocity", 1, "m/s"}};
  static constexpr TaskRow kRow = {"lqr",
                                   "bring a double integrator to rest: the linear-quadratic "
                                   "regulator",
                                   kObs,
                                   1,
                                   "acceleration u, m/s^2",
                                   {-64.0f, 64.0f},
                                   0.1,
                                   60,
                                   -1e6,
                                   -6.63165543,
                                   "-tr(P*) of the Riccati equation"};

  template <class T>
  struct StateOf {
    T x[2];
  };
  using State = StateOf<double>;

  template <class T = double>
  static StateOf<T> start(const Draw& draw) {
    return {{T(draw.normal(0)), T(draw.normal(1))}};
  }

  template <class T = double, class Number = float>
  static void observe(const StateOf<T>& s, Number* obs) {
    for (int k = 0; k < 2; ++k) obs[k] = static_cast<Number>(s.x[k]);
  }

  template <class T>
  static OutcomeOf<T> step(StateOf<T>& s, const T* action, const Draw& /*draw*/) {
    const T u = action[0], x0 = s.x[0], x1 = s.x[1];
    const T cost = Q[0] * x0 * x0 + Q[1] * x1 * x1 + R * u * u;
    s.x[0] = A[0][0] * x0 + A[0][1] * x1 + B[0] * u;
    s.x[1] = A[1][0] * x0 + A[1][1] * x1 + B[1] * u;
    return {-cost};
  }
};

}  // namespace kennel::small
