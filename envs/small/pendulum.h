// The pendulum that shall swing up and stay up, with a torque that cannot lift it at once: the
// equations and numbers of Gymnasium's Pendulum-v1, a rod of 1 m and 1 kg.
//
//   omega' = clamp(omega + (3 g / (2 l) sin theta + 3 tau / (m l^2)) dt, +-8)
//   theta' = theta + omega' dt
//   cost   = theta^2 + 0.1 omega^2 + 0.001 tau^2, before the step; theta from -pi to pi, 0 is up
//   theta_0 uniform on the circle, omega_0 in [-1, 1]
//
// The action is the share of the largest torque, 2 N m. An episode has 200 steps of 50 ms.
#pragma once

#include <cmath>
#include <numbers>

#include "envs/small/task.h"
#include "kennel/core/math.h"

namespace kennel::small {

struct Pendulum {
  static constexpr double g = 10.0, m = 1.0, l = 1.0, kDt = 0.05;  // m/s^2, kg, m, s
  static constexpr double kMaxSpeed = 8.0, kMaxTorque = 2.0;       // rad/s, N m

  static constexpr ObsRow kObs[] = {{"cos_angle", 1, "0 rad is up", {-1.0, 1.0}},
                                    {"sin_angle", 1, "0 rad is up", {-1.0, 1.0}},
                                    {"angular_velocity", 1, "rad/s", {-kMaxSpeed, kMaxSpeed}}};
  static constexpr TaskRow kRow = {"pendulum",
                                   "swing a pendulum up with a weak motor and hold it there",
                                   kObs,
                                   1,
                                   "torque, times 2 N m",
                                   {-1.0f, 1.0f},
                                   kDt,
                                   200,
                                   -3500.0,
                                   -137.2,
                                   "dynamic programming on grids, to 0.5"};

  template <class T>
  struct StateOf {
    T theta, omega;  // rad, rad/s
  };
  using State = StateOf<double>;

  /// The same angle from -pi to pi. The turns that are taken off have no derivative.
  template <class T>
  static T wrapped(const T& theta) {
    constexpr double kTurn = 2.0 * std::numbers::pi;
    return theta - T(kTurn * std::round(value_of(theta) / kTurn));
  }

  template <class T = double>
  static StateOf<T> start(const Draw& draw) {
    return {T(std::numbers::pi * (2.0 * draw.uniform(0) - 1.0)), T(2.0 * draw.uniform(1) - 1.0)};
  }

  template <class T = double, class Number = float>
  static void observe(const StateOf<T>& s, Number* obs) {
    const SinCos<T> at = sincos(s.theta);
    obs[0] = static_cast<Number>(at.cos);
    obs[1] = static_cast<Number>(at.sin);
    obs[2] = static_cast<Number>(s.omega);
  }

  template <class T>
  static OutcomeOf<T> step(StateOf<T>& s, const T* action, const Draw& /*draw*/) {
    const T tau = kMaxTorque * action[0], theta = wrapped(s.theta);
    const T cost = theta * theta + 0.1 * s.omega * s.omega + 0.001 * tau * tau;
    const T acceleration = 3.0 * g / (2.0 * l) * sincos(theta).sin + 3.0 / (m * l * l) * tau;
    s.omega = clamp(s.omega + acceleration * kDt, T(-kMaxSpeed), T(kMaxSpeed));
    s.theta = wrapped(theta + s.omega * kDt);
    return {-cost};
  }
};

}  // namespace kennel::small
