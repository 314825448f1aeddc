// A ball is thrown at an angle theta and sticks to a wall that it hits; the cost is minus the
// square of how far it comes:
//   f(theta) = -x_end^2,  x_end = 2 v^2 sin(theta) cos(theta) / g  [m],  or the wall's place where
// the ball is over the floor there and below the wall's top:
//   y(wall) = wall tan(theta) - g wall^2 / (2 v^2 cos^2(theta)).
// Where the ball just clears the wall the cost jumps, by -0.0064 at theta = 0.6932 and by 0.0012 at
// 1.1993. Around the first the first-order gradient is wrong by far, and in its sign beyond it.
// Source: Suh et al. 2022 (see heaviside.h), figure 3.
#pragma once

#include "kennel/core/math.h"

namespace kennel::gradient {

struct BallWithWall {
  double speed = 1.0;     // m/s
  double wall = 0.06;     // m from where the ball is thrown
  double height = 0.02;   // m of the wall
  double gravity = 9.81;  // m/s^2

  template <class T>
  T operator()(const T& theta) const {
    const SinCos<T> turn = sincos(theta);
    const T range = T(2 * speed * speed / gravity) * turn.sin * turn.cos;
    const T per_cos = inverse(turn.cos);
    const T y = T(wall) * turn.sin * per_cos -
                T(gravity * wall * wall / (2 * speed * speed)) * per_cos * per_cos;
    const auto stopped = both(T(wall) < range, y < T(height));
    const T end = select(stopped, T(wall), range);
    return -(end * end);
  }
};

}  // namespace kennel::gradient
