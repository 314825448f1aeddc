// The farther of a hinge's two limits, for robots with a range narrower than two margins, where
// both can act at once. The nearer one is in HingeRows. This one stands apart and out of line,
// because almost no robot has it: carried along in every row it took a tenth of the CPU's speed.
#pragma once

#include "kennel/dynamics/constraint.h"

namespace kennel {

/// The farther limits of a leg's hinges. They pull against the nearer ones, so that a far jar is
/// jar_sum - limit_jar.
template <class T>
struct FarLimits {
  bool act;  // whether what follows is set
  T jar_sum[kJointsPerLeg], D[kJointsPerLeg];
};

template <class T>
KENNEL_HD RowCost<T> far_cost(const FarLimits<T>& far, int j, const T& near_jar) {
  return one_sided(far.D[j], far.jar_sum[j] - near_jar);
}

template <class T, class Constants, class Weights>
KENNEL_RARE void set_far_limits(const Constants& leg, const Weights& weights,
                                const T (&q)[kJointsPerLeg], FarLimits<T>& far) {
  KENNEL_UNROLL
  for (int j = 0; j < kJointsPerLeg; ++j) {
    const auto& hinge = leg.hinge[j];
    const T to_low = q[j] - T(hinge.range_low), to_high = T(hinge.range_high) - q[j];
    const LimitRow<T> row = limit_row<T>(hinge, weights.weight_of_hinge(j), max(to_low, to_high));
    far.D[j] = hinge.limits_at_once == 2 ? row.D : T(0);
    far.jar_sum[j] =
        limit_row<T>(hinge, weights.weight_of_hinge(j), min(to_low, to_high)).offset + row.offset;
  }
}

/// Adds the limits' curvature to a leg's block of the Hessian, and to its gradient where that still
/// lacks the constraints.
template <class T>
KENNEL_RARE void add_far_cost(const FarLimits<T>& far, const HingeRows<T> (&hinge)[kJointsPerLeg],
                              bool first, T (&A)[6], T (&gradient)[kJointsPerLeg]) {
  KENNEL_UNROLL
  for (int j = 0; j < kJointsPerLeg; ++j) {
    const RowCost<T> cost = far_cost(far, j, hinge[j].limit_jar);
    A[j * (j + 3) / 2] += cost.curvature;
    if (first) gradient[j] -= hinge[j].limit_sign * cost.gradient;
  }
}

/// Adds the limits' bends at a + alpha s.
template <class T>
KENNEL_RARE void add_far_bends(const FarLimits<T>& far, const HingeRows<T> (&hinge)[kJointsPerLeg],
                               const T (&s)[kJointsPerLeg], const T& alpha, T (&out)[2]) {
  KENNEL_UNROLL
  for (int j = 0; j < kJointsPerLeg; ++j) {
    const Bend<T> bend =
        one_sided_bend(far.jar_sum[j] - hinge[j].limit_jar, -(hinge[j].limit_sign * s[j]), alpha);
    out[0] += far.D[j] * bend.slope;
    out[1] += far.D[j] * bend.curvature;
  }
}

/// Mends a leg's gradient for the limits that changed state, after its rows have moved by alpha s.
template <class T>
KENNEL_RARE void advance_far(const FarLimits<T>& far, const HingeRows<T> (&hinge)[kJointsPerLeg],
                             const T (&s)[kJointsPerLeg], const T& alpha,
                             T (&gradient)[kJointsPerLeg]) {
  KENNEL_UNROLL
  for (int j = 0; j < kJointsPerLeg; ++j) {
    const T step = hinge[j].limit_sign * (alpha * s[j]);
    const RowCost<T> after = far_cost(far, j, hinge[j].limit_jar);
    const RowCost<T> before = far_cost(far, j, hinge[j].limit_jar - step);
    gradient[j] -=
        hinge[j].limit_sign * (after.gradient - before.gradient + before.curvature * step);
  }
}

}  // namespace kennel
