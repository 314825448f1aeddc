// A mass carries another by friction alone, while they overlap:
//   f = mu clamp(v1 - v2, -vs, vs)  on the second where |x2 - x1| < width, -f + u on the first [N]
// Once the first slips, f does not depend on its velocity any more, and the first-order gradient is
// blind to all that the second does: descending along it ends at a worse plan.
// Source: Suh et al. 2022 (see heaviside.h), section 5, friction.
#pragma once

#include "envs/gradient/trajectory.h"

namespace kennel::gradient {

struct Friction {
  double mu = 1.8;     // N s/m
  double vs = 0.1;     // m/s; slips beyond
  double width = 0.1;  // m
  double mass = 0.1;   // kg, of each
  double dt = 0.005;   // s
  TwoBodies<double> start{0, 0, 0, 0};
  PlanCost cost{{2, 2, 0, 0}};

  template <class T>
  TwoBodies<T> step(const TwoBodies<T>& s, const T& u) const {
    const T drag = T(mu) * clamp(s.v1 - s.v2, T(-vs), T(vs));
    const T f = select(abs(s.x2 - s.x1) < T(width), drag, T(0));
    TwoBodies<T> next;
    next.v1 = s.v1 + T(dt / mass) * (u - f);
    next.v2 = s.v2 + T(dt / mass) * f;
    next.x1 = s.x1 + T(dt) * next.v1;
    next.x2 = s.x2 + T(dt) * next.v2;
    return next;
  }
};

}  // namespace kennel::gradient
