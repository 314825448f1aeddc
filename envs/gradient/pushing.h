// One mass pushes another through a spring that acts where they overlap ("curling"):
//   f = k min(x2 - x1 - 1, 0) + u  on the first,  -k min(x2 - x1 - 1, 0)  on the second   [N]
//   v' = damping v + dt / m f,   x' = x + dt v'.
// The cost is continuous, and the first-order gradient unbiased; with k its variance grows, because
// forces early in the plan decide when the masses meet. Stiff enough, it is the worse of the two.
// Source: Suh et al. 2022 (see heaviside.h), section 5, pushing.
#pragma once

#include "envs/gradient/trajectory.h"

namespace kennel::gradient {

struct Pushing {
  double stiffness = 10;   // N/m
  double damping = 0.998;  // of a velocity, a step
  double mass = 0.1;       // kg, of each
  double dt = 0.005;       // s
  TwoBodies<double> start{0, 1, 0, 0};
  PlanCost cost{{1, 2, 0, 0}};

  template <class T>
  TwoBodies<T> step(const TwoBodies<T>& s, const T& u) const {
    const T spring = T(stiffness) * min(s.x2 - s.x1 - T(1), T(0));
    TwoBodies<T> next;
    next.v1 = T(damping) * s.v1 + T(dt / mass) * (spring + u);
    next.v2 = T(damping) * s.v2 - T(dt / mass) * spring;
    next.x1 = s.x1 + T(dt) * next.v1;
    next.x2 = s.x2 + T(dt) * next.v2;
    return next;
  }
};

}  // namespace kennel::gradient
