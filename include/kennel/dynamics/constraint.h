// Soft constraints of MuJoCo 4: pyramidal contacts, joint limits, dry friction (manual,
// "Computation", "Constraint model").
//
// A row has a residual acceleration jar = J a - aref and a cost s(jar); the solver minimises
//   1/2 (a - a_smooth)' M (a - a_smooth) + sum s(jar).
// A contact's four rows are the edges n +- mu t1, n +- mu t2 of the friction pyramid. They all
// follow from one 3-vector
//   w = J_p a + B v_p + (0, 0, K d r),   jar(edge) = w.z +- mu w.x  or  w.z +- mu w.y
// with J_p the Jacobian of the contact point, so that the solver carries three numbers a contact,
// not four rows.
#pragma once

#include "kennel/core/spatial.h"
#include "kennel/model/quadruped.h"

namespace kennel {

/// Impedance d(r) in (0, 1): how strongly a constraint with residual r acts.
template <class T>
KENNEL_HD T impedance(const Impedance<scalar_of<T>>& p, const T& residual) {
  const T x = min(abs(residual) * T(p.inv_width), T(1));
  T y = x;
  if (p.power == 2) {
    y = select(x <= T(p.midpoint), T(p.scale_low) * x * x,
               T(1) - T(p.scale_high) * square(T(1) - x));
  } else if (p.power != 1) {
    y = select(x <= T(p.midpoint), T(p.scale_low) * pow(x, T(p.power)),
               T(1) - T(p.scale_high) * pow(T(1) - x, T(p.power)));
  }
  return T(p.d0) + y * T(p.dmax - p.d0);
}

/// Gradient s'(jar) and curvature s''(jar) of a row's cost.
template <class T>
struct RowCost {
  T gradient, curvature;
};

/// One-sided row (limit, contact edge): s = D jar^2 / 2 where jar < 0, else 0.
template <class T>
KENNEL_HD RowCost<T> one_sided(const T& D, const T& jar) {
  return {D * min(jar, T(0)), select(jar < T(0), D, T(0))};
}

/// Dry friction (Huber): s = D jar^2 / 2 where |D jar| < limit, linear beyond.
template <class T>
KENNEL_HD RowCost<T> huber(const T& D, const T& limit, const T& jar) {
  const T force = D * jar;
  return {clamp(force, -limit, limit), select(abs(force) < limit, D, T(0))};
}

/// How a row's slope and curvature along the direction differ from a quadratic's that keeps the
/// row's state: (s'(jar + step) - s'(jar) - s''(jar) step) js and (s''(jar + step) - s''(jar))
/// js^2. Both are zero unless the row changes state on the way.
template <class T>
struct Bend {
  T slope, curvature;
};

template <class T>
KENNEL_HD Bend<T> one_sided_bend(const T& jar, const T& js, const T& alpha) {  // of D = 1
  const T step = alpha * js, end = jar + step;
  const T before = select(jar < T(0), T(1), T(0)), after = select(end < T(0), T(1), T(0));
  return {((min(end, T(0)) - min(jar, T(0))) - before * step) * js, (after - before) * (js * js)};
}

template <class T>
KENNEL_HD Bend<T> huber_bend(const T& D, const T& limit, const T& jar, const T& js,
                             const T& alpha) {
  const T step = alpha * js;
  const RowCost<T> before = huber(D, limit, jar), after = huber(D, limit, jar + step);
  return {(after.gradient - before.gradient - before.curvature * step) * js,
          (after.curvature - before.curvature) * js * js};
}

/// The rows of one hinge: dry friction and the nearer of its two limits.
template <class T>
struct HingeRows {
  T friction_jar, friction_D, friction_limit;
  T limit_jar, limit_D;  // D is 0 where the limit is out of reach
  T limit_sign;          // +1: lower limit, -1: upper
};

/// One side's limit: D, 0 where it is out of reach, and K d r.
template <class T>
struct LimitRow {
  T D, offset;
};

/// \param weight    factor of the hinge's weight (LegParams)
/// \param distance  of the joint to the limit, negative beyond it, rad
template <class T>
KENNEL_HD LimitRow<T> limit_row(const Hinge<scalar_of<T>>& hinge, const T& weight,
                                const T& distance) {
  const T residual = distance - T(hinge.limit_margin);
  const T d = impedance<T>(hinge.limit, residual);
  const T D = weight * (d * inverse((T(1) - d) * T(hinge.invweight)));
  const auto active = residual < T(hinge.limits_at_once ? 0 : -1e9);
  return {select(active, D, T(0)), T(hinge.limit.K) * d * residual};
}

/// \param weight  factor of the hinge's weight (LegParams)
/// \param q, qd   position and velocity
/// \param qacc    acceleration at which jar is taken
template <bool kKnown, class T>
KENNEL_HD HingeRows<T> hinge_rows(const Hinge<scalar_of<T>>& hinge, const T& frictionloss_factor,
                                  const T& weight, const T& q, const T& qd, const T& qacc) {
  HingeRows<T> rows;
  // A division costs nothing where the compiler knows what it gives; see `inverse` in lane.h.
  rows.friction_D = weight * T(kKnown ? 1 / hinge.friction_R : inverse(hinge.friction_R));
  rows.friction_limit = frictionloss_factor * T(hinge.frictionloss);
  rows.friction_jar = qacc + T(hinge.friction_B) * qd;  // no position term: K = 0

  const T to_low = q - T(hinge.range_low), to_high = T(hinge.range_high) - q;
  const auto low_side = to_low < to_high;
  rows.limit_sign = select(low_side, T(1), T(-1));
  const LimitRow<T> near = limit_row(hinge, weight, min(to_low, to_high));
  rows.limit_D = near.D;
  rows.limit_jar = rows.limit_sign * (qacc + T(hinge.limit.B) * qd) + near.offset;
  return rows;
}

/// One sphere's contact with the floor.
template <class T>
struct ContactRows {
  int link;                  // of the leg that carries the sphere; -1: the base, or no sphere
  Vec3<T> point;             // relative to the base origin
  Vec3<T> u[kJointsPerLeg];  // columns of the point's Jacobian for the leg's hinges up to `link`
  Vec3<T> w;                 // see the top of this file
  T D;                       // of every edge; 0 where the sphere does not touch
  T mu;
};

/// Force and stiffness of a contact's four edges, gathered at the point.
template <class T>
struct PointCost {
  Vec3<T> gradient;      // sum of edge s'(jar): minus the contact force, world
  T xx, yy, zz, xz, yz;  // sum of s''(jar) edge edge'; its xy entry is zero
};

template <class T>
KENNEL_HD PointCost<T> point_cost(const T& D, const T& mu, const Vec3<T>& w) {
  const T tx = mu * w.x, ty = mu * w.y, one(1);
  const RowCost<T> a = one_sided(one, w.z + tx), b = one_sided(one, w.z - tx);
  const RowCost<T> c = one_sided(one, w.z + ty), d = one_sided(one, w.z - ty);
  const T sum_x = a.curvature + b.curvature, sum_y = c.curvature + d.curvature;
  const T mu_D = mu * D, mu2_D = mu * mu_D;
  return {{mu_D * (a.gradient - b.gradient), mu_D * (c.gradient - d.gradient),
           D * ((a.gradient + b.gradient) + (c.gradient + d.gradient))},
          mu2_D * sum_x,
          mu2_D * sum_y,
          D * (sum_x + sum_y),
          mu_D * (a.curvature - b.curvature),
          mu_D * (c.curvature - d.curvature)};
}

/// Stiffness times a displacement of the point.
template <class T>
KENNEL_HD Vec3<T> stiffness_times(const PointCost<T>& c, const Vec3<T>& u) {
  return {c.xx * u.x + c.xz * u.z, c.yy * u.y + c.yz * u.z, c.xz * u.x + c.yz * u.y + c.zz * u.z};
}

/// Sets up a sphere's contact.
/// \param mu        sliding friction
/// \param weight    factor of the sphere's weight (LegParams)
/// \param distance  of the sphere's surface to the floor, negative where they overlap, m
/// \param point     contact point relative to the base origin, world axes
/// \param S         hinge motions
/// \param velocity  of the contact point, world
/// \param acc       J_p a, acceleration of the contact point at the warm start, without velocity
/// products
template <class T>
KENNEL_HD ContactRows<T> contact_rows(const Sphere<scalar_of<T>>& sphere, const T& mu,
                                      const T& weight, const T& impratio, const T& distance,
                                      const Vec3<T>& point, const Motion<T> (&S)[kJointsPerLeg],
                                      const Vec3<T>& velocity, const Vec3<T>& acc) {
  ContactRows<T> rows;
  rows.link = sphere.link;
  rows.point = point;
  rows.mu = mu;
  KENNEL_UNROLL
  for (int j = 0; j < kJointsPerLeg; ++j)
    if (j <= rows.link) rows.u[j] = S[j].v + cross(S[j].w, point);
  const T residual = distance - T(sphere.margin);
  const T d = impedance<T>(sphere.impedance, residual);
  // R of the pyramid's edges: 2 mu_reg^2 R_0, with mu_reg^2 = mu^2 / impratio and R_0 = (1-d)/d
  // invweight (1 + mu^2).
  const T mu2 = mu * mu;
  const T D = (weight * d) * impratio *
              inverse(T(2) * mu2 * (T(1) - d) * T(sphere.invweight) * (T(1) + mu2));
  rows.D = select(residual < T(0), D, T(0));
  rows.w = acc + T(sphere.impedance.B) * velocity;
  rows.w.z = rows.w.z + T(sphere.impedance.K) * d * residual;
  return rows;
}

}  // namespace kennel
