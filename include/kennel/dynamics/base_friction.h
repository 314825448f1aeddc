// Dry friction on the free joint: six Huber rows (constraint.h) on the base alone, in the order of
// base vectors: about the base's axes, then along the world's. They form a box, not a ball, so that
// the axes matter.
//
// Few robots have it. All that the solvers ask of the rows follows from the acceleration, so that
// nothing is carried from one iteration to the next, and it is computed out of line: see
// far_limits.h.
#pragma once

#include "kennel/dynamics/arrow.h"
#include "kennel/dynamics/constraint.h"
#include "kennel/dynamics/state.h"

namespace kennel {

/// The rows at the start of a step. It refers to what it is made of.
template <class T, class Legs>
struct BaseFriction {
  const Quadruped<scalar_of<T>>& model;
  const PhysicsState<T, Legs>& state;
  const Rotation<T>& R_wb;

  KENNEL_HD bool acts() const { return model.base_frictionloss > 0; }
  /// Of a row of angles, or of a row along the world's axes.
  KENNEL_HD T D(int row) const {
    return T(inverse(row < 3 ? model.base_friction_R[0] : model.base_friction_R[1]));
  }
  KENNEL_HD RowCost<T> cost(int row, const T& jar) const {
    return huber(D(row), T(model.base_frictionloss), jar);
  }
};

/// The rows' numbers of a motion in world axes.
template <class T>
KENNEL_HD void rows_of(const Rotation<T>& R_wb, const Motion<T>& motion, T (&rows)[6]) {
  const Vec3<T> w = to_inner(R_wb, motion.w);
  rows[0] = w.x;
  rows[1] = w.y;
  rows[2] = w.z;
  rows[3] = motion.v.x;
  rows[4] = motion.v.y;
  rows[5] = motion.v.z;
}

/// J' times the rows' forces: a force in world axes.
template <class T>
KENNEL_HD Force<T> force_of_rows(const Rotation<T>& R_wb, const T (&rows)[6]) {
  return {R_wb * Vec3<T>{rows[0], rows[1], rows[2]}, {rows[3], rows[4], rows[5]}};
}

/// The rows' residual accelerations at an acceleration of the base.
template <class T, class Legs>
KENNEL_HD void jars_of(const BaseFriction<T, Legs>& friction, const Motion<T>& a, T (&jar)[6]) {
  const T B(friction.model.base_friction_B);
  const Vec3<T>&v = friction.state.velocity, &omega = friction.state.omega;
  rows_of(friction.R_wb, a, jar);
  const T rate[6] = {omega.x, omega.y, omega.z, v.x, v.y, v.z};
  KENNEL_UNROLL
  for (int row = 0; row < 6; ++row) jar[row] += B * rate[row];  // no position term: K = 0
}

/// The rows' part of the gradient.
template <class T, class Legs>
KENNEL_RARE Force<T> base_friction_gradient(const BaseFriction<T, Legs>& friction,
                                            const Motion<T>& a) {
  T jar[6];
  jars_of(friction, a, jar);
  KENNEL_UNROLL
  for (int row = 0; row < 6; ++row) jar[row] = friction.cost(row, jar[row]).gradient;
  return force_of_rows(friction.R_wb, jar);
}

/// Adds the rows' curvature to the base's block of the Hessian.
template <class T, class Legs>
KENNEL_RARE void add_base_friction(const BaseFriction<T, Legs>& friction, const Motion<T>& a,
                                   T (&base)[kBaseSystem]) {
  T k[6];
  jars_of(friction, a, k);
  KENNEL_UNROLL
  for (int row = 0; row < 6; ++row) k[row] = friction.cost(row, k[row]).curvature;
  const Rotation<T>& R = friction.R_wb;
  const Sym3<T> turned = outer_sum(R, k[0] * R.x, k[1] * R.y, k[2] * R.z);
  base[lower(0, 0)] += turned.xx;
  base[lower(1, 0)] += turned.xy;
  base[lower(1, 1)] += turned.yy;
  base[lower(2, 0)] += turned.xz;
  base[lower(2, 1)] += turned.yz;
  base[lower(2, 2)] += turned.zz;
  base[lower(3, 3)] += k[3];
  base[lower(4, 4)] += k[4];
  base[lower(5, 5)] += k[5];
}

/// The rows' bends at a + alpha s.
template <class T, class Legs>
KENNEL_RARE Bend<T> base_friction_bend(const BaseFriction<T, Legs>& friction, const Motion<T>& a,
                                       const Motion<T>& s, const T& alpha) {
  T jar[6], js[6];
  jars_of(friction, a, jar);
  rows_of(friction.R_wb, s, js);
  Bend<T> sum{nothing<T>(), nothing<T>()};
  KENNEL_UNROLL
  for (int row = 0; row < 6; ++row) {
    const Bend<T> bend =
        huber_bend(friction.D(row), T(friction.model.base_frictionloss), jar[row], js[row], alpha);
    sum.slope += bend.slope;
    sum.curvature += bend.curvature;
  }
  return sum;
}

/// Slope and curvature of the rows along s at a + alpha s.
template <class T, class Legs>
KENNEL_RARE RowCost<T> base_friction_along(const BaseFriction<T, Legs>& friction,
                                           const Motion<T>& a, const Motion<T>& s, const T& alpha) {
  T jar[6], js[6];
  jars_of(friction, a, jar);
  rows_of(friction.R_wb, s, js);
  RowCost<T> sum{nothing<T>(), nothing<T>()};
  KENNEL_UNROLL
  for (int row = 0; row < 6; ++row) {
    const RowCost<T> cost = friction.cost(row, jar[row] + alpha * js[row]);
    sum.gradient += cost.gradient * js[row];
    sum.curvature += cost.curvature * square(js[row]);
  }
  return sum;
}

/// What the rows that changed state on the way to a, by alpha s, add to the gradient.
template <class T, class Legs>
KENNEL_RARE Force<T> base_friction_change(const BaseFriction<T, Legs>& friction, const Motion<T>& a,
                                          const Motion<T>& s, const T& alpha) {
  T jar[6], js[6];
  jars_of(friction, a, jar);
  rows_of(friction.R_wb, s, js);
  KENNEL_UNROLL
  for (int row = 0; row < 6; ++row) {
    const T step = alpha * js[row];
    const RowCost<T> before = friction.cost(row, jar[row] - step),
                     after = friction.cost(row, jar[row]);
    jar[row] = after.gradient - before.gradient - before.curvature * step;
  }
  return force_of_rows(friction.R_wb, jar);
}

}  // namespace kennel
