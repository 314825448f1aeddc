// A bandit with one continuous arm: one step, no state, r = -(a - c)^2.
//
// Under a Gaussian policy a = mu + s eps with d = mu - c the mean reward is -(d^2 + s^2) and its
// gradient by mu -2d. One likelihood-ratio sample, eps/s (r - b), has the variance
// (C^2 + 3(4 d^2 s^2 + 2 C s^2) + 15 s^4) / s^2 - 4 d^2 with C = d^2 + b: at d = 1.5, s = 0.5
// that is 55.5 without a baseline, 20.5 with the mean reward, 19.5 with the best baseline,
// -(d^2 + 3 s^2); a sample through the reward, -2(a - c), has 4 s^2 = 1. A policy that begins at
// mu = 0 with s = 0.5 begins there.
#pragma once

#include "envs/small/task.h"

namespace kennel::small {

struct Bandit {
  static constexpr double c = -1.5;

  static constexpr ObsRow kObs[] = {{"one", 1, "always 1", {1.0, 1.0}}};
  static constexpr TaskRow kRow = {
      "bandit",    "find the one number that pays best: a Gaussian policy's bandit",
      kObs,        1,
      "the arm a", {-8.0f, 8.0f},
      1.0,         1,
      -1e3,        0.0,
      "a = c"};

  template <class T>
  struct StateOf {
    T nothing;
  };
  using State = StateOf<double>;

  template <class T = double>
  static StateOf<T> start(const Draw& /*draw*/) {
    return {T(0.0)};
  }

  template <class T = double, class Number = float>
  static void observe(const StateOf<T>& /*s*/, Number* obs) {
    obs[0] = static_cast<Number>(1.0);
  }

  template <class T>
  static OutcomeOf<T> step(StateOf<T>& /*s*/, const T* action, const Draw& /*draw*/) {
    const T d = action[0] - c;
    return {-d * d, true};
  }
};

}  // namespace kennel::small
