// Newton's method on the primal problem, with an exact line search on its piecewise quadratic cost.
//
//   H = M + J' D J has the mass matrix's arrow form;  H s = -g;  a <- a + alpha s.
// Since H s = -g, M s is never formed, and the gradient is carried along as
//   g <- (1 - alpha) g + J' (s'(jar + alpha js) - s'(jar) - alpha D js),
// where the bracket is zero for every row that did not change state.
//
// The first step goes past the minimum along its line, towards the full Newton step: that minimum
// tends to lie on a kink, where a row is about to change state, and a Hessian taken there still
// holds the row's old state. Where a foot touches down, two steps then end half as far from the
// solution (99th percentile; any share from 0.2 to 0.5 does). Later steps search exactly, so that
// more iterations converge.
#pragma once

#include <limits>

#include "kennel/dynamics/base_friction.h"
#include "kennel/dynamics/leg_problem.h"

namespace kennel {

// Where the compiler knows the number of iterations, unrolled ones save 5 % of the instructions,
// because the first and the last do less. On sm_75 and sm_80 they spill registers; on the CPU the
// number is not known.
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ > 800
#define KENNEL_UNROLL_ITERATIONS _Pragma("unroll")
#else
#define KENNEL_UNROLL_ITERATIONS
#endif

/// Share of the way from the first line's minimum to the full Newton step.
inline constexpr float kFirstStepBeyond = 0.3f;

/// Acceleration of the base and the legs held here.
template <class T, class Legs>
struct Acceleration {
  Motion<T> base;
  T leg[Legs::kLocal][kJointsPerLeg];
};

/// A leg's rows along the search direction.
template <class T, int points>
struct LegDirection {
  T s[kJointsPerLeg];
  Vec3<T> dw[points];  // rate of a contact's w
};

/// Adds J' times a force at a contact point to a leg's gradient.
template <class T, int points>
KENNEL_HD void add_point_gradient(const ContactRows<T>& contact, const Vec3<T>& force,
                                  LegProblem<T, points>& leg) {
  KENNEL_ASSERT(contact.link >= -1 && contact.link < kJointsPerLeg);
  leg.base_gradient.f = leg.base_gradient.f + force;
  leg.base_gradient.n = leg.base_gradient.n + cross(contact.point, force);
  KENNEL_UNROLL
  for (int j = 0; j < kJointsPerLeg; ++j)
    if (j <= contact.link) leg.gradient[j] += dot(contact.u[j], force);
}

/// The leg's share of the Hessian M + J' D J, eliminated; `base` receives its Schur complement.
/// \tparam kRaised  whether the diagonal is raised by what rounding can take from it
/// \param first  whether the gradient still lacks the constraints' part, which is then added on the
/// way
template <bool kRaised = false, class T, int points>
KENNEL_HD ArrowFactor<T> eliminate_hessian(bool first, LegProblem<T, points>& leg,
                                           T (&base)[kBaseSystem]) {
  ArrowLeg<T> H = leg.M;
  add_inertia(leg.inertia, base);
  KENNEL_UNROLL
  for (int j = 0; j < kJointsPerLeg; ++j) {
    const auto& h = leg.hinge[j];
    const RowCost<T> friction = huber(h.friction_D, h.friction_limit, h.friction_jar);
    const RowCost<T> limit = one_sided(h.limit_D, h.limit_jar);
    H.A[lower(j, j)] += friction.curvature + limit.curvature;
    if (first) leg.gradient[j] += friction.gradient + h.limit_sign * limit.gradient;
  }
  if (leg.far.act) add_far_cost(leg.far, leg.hinge, first, H.A, leg.gradient);
  KENNEL_UNROLL
  for (int s = 0; s < points; ++s) {
    const auto& c = leg.contact[s];
    const PointCost<T> W = point_cost(c.D, c.mu, c.w);
    if (first) add_point_gradient(c, W.gradient, leg);
    KENNEL_UNROLL
    for (int j = 0; j < kJointsPerLeg; ++j) {
      if (j > c.link) break;
      const Vec3<T> Wu = stiffness_times(W, c.u[j]);
      H.F[j].f = H.F[j].f + Wu;
      H.F[j].n = H.F[j].n + cross(c.point, Wu);
      KENNEL_UNROLL
      for (int k = 0; k <= j; ++k) H.A[lower(j, k)] += dot(c.u[k], Wu);
    }
    // Base block of J_p' W J_p with J_p = [-[p]x, 1]: rows of Q = [p]x W, then Q [p]x'.
    const Vec3<T>& p = c.point;
    const Vec3<T> row_x{p.y * W.xz, p.y * W.yz - p.z * W.yy, p.y * W.zz - p.z * W.yz};
    const Vec3<T> row_y{p.z * W.xx - p.x * W.xz, -(p.x * W.yz), p.z * W.xz - p.x * W.zz};
    const Vec3<T> row_z{-(p.y * W.xx), p.x * W.yy, p.x * W.yz - p.y * W.xz};
    const Vec3<T> aa_x = cross(p, row_x), aa_y = cross(p, row_y), aa_z = cross(p, row_z);
    base[lower(0, 0)] += aa_x.x;
    base[lower(1, 0)] += aa_y.x;
    base[lower(1, 1)] += aa_y.y;
    base[lower(2, 0)] += aa_z.x;
    base[lower(2, 1)] += aa_z.y;
    base[lower(2, 2)] += aa_z.z;
    base[lower(3, 0)] += row_x.x;
    base[lower(3, 1)] += row_y.x;
    base[lower(3, 2)] += row_z.x;
    base[lower(4, 0)] += row_x.y;
    base[lower(4, 1)] += row_y.y;
    base[lower(4, 2)] += row_z.y;
    base[lower(5, 0)] += row_x.z;
    base[lower(5, 1)] += row_y.z;
    base[lower(5, 2)] += row_z.z;
    base[lower(3, 3)] += W.xx;
    base[lower(4, 4)] += W.yy;
    base[lower(5, 3)] += W.xz;
    base[lower(5, 4)] += W.yz;
    base[lower(5, 5)] += W.zz;
  }
  if constexpr (kRaised) {
    using R = scalar_of<T>;
    constexpr R kRaise = R(1) + 2 * std::numeric_limits<R>::epsilon();
    KENNEL_UNROLL
    for (int j = 0; j < kJointsPerLeg; ++j) H.A[lower(j, j)] *= T(kRaise);
    KENNEL_UNROLL
    for (int i = 0; i < 6; ++i) base[lower(i, i)] *= T(kRaise);
  }
  base[21] = -leg.base_gradient.n.x;
  base[22] = -leg.base_gradient.n.y;
  base[23] = -leg.base_gradient.n.z;
  base[24] = -leg.base_gradient.f.x;
  base[25] = -leg.base_gradient.f.y;
  base[26] = -leg.base_gradient.f.z;
  const T rhs[kJointsPerLeg] = {-leg.gradient[0], -leg.gradient[1], -leg.gradient[2]};
  return eliminate_leg(H, rhs, base);
}

/// Rates of the contacts' w along the direction.
template <class T, int points>
KENNEL_HD void set_direction(const LegProblem<T, points>& leg, const Motion<T>& base,
                             LegDirection<T, points>& d) {
  KENNEL_UNROLL
  for (int s = 0; s < points; ++s) {
    const auto& c = leg.contact[s];
    d.dw[s] = base.v + cross(base.w, c.point);
    KENNEL_UNROLL
    for (int j = 0; j < kJointsPerLeg; ++j)
      if (j <= c.link) d.dw[s] = d.dw[s] + d.s[j] * c.u[j];
  }
}

/// Sums the bends of a leg's rows at a + alpha s.
template <class T, int points>
KENNEL_HD void sum_bends(const LegProblem<T, points>& leg, const LegDirection<T, points>& d,
                         const T& alpha, T (&out)[2]) {
  out[0] = out[1] = nothing<T>();
  KENNEL_UNROLL
  for (int j = 0; j < kJointsPerLeg; ++j) {
    const auto& h = leg.hinge[j];
    const Bend<T> friction =
        huber_bend(h.friction_D, h.friction_limit, h.friction_jar, d.s[j], alpha);
    const Bend<T> limit = one_sided_bend(h.limit_jar, h.limit_sign * d.s[j], alpha);
    out[0] += friction.slope + h.limit_D * limit.slope;
    out[1] += friction.curvature + h.limit_D * limit.curvature;
  }
  if (leg.far.act) add_far_bends(leg.far, leg.hinge, d.s, alpha, out);
  KENNEL_UNROLL
  for (int s = 0; s < points; ++s) {
    const auto& c = leg.contact[s];
    const T wx = c.mu * c.w.x, wy = c.mu * c.w.y, dx = c.mu * d.dw[s].x, dy = c.mu * d.dw[s].y;
    const T edge[4] = {c.w.z + wx, c.w.z - wx, c.w.z + wy, c.w.z - wy};
    const T rate[4] = {d.dw[s].z + dx, d.dw[s].z - dx, d.dw[s].z + dy, d.dw[s].z - dy};
    T slope = nothing<T>(), curvature = nothing<T>();
    KENNEL_UNROLL
    for (int k = 0; k < 4; ++k) {
      const Bend<T> bend = one_sided_bend(edge[k], rate[k], alpha);
      slope += bend.slope;
      curvature += bend.curvature;
    }
    out[0] += c.D * slope;
    out[1] += c.D * curvature;
  }
}

/// Moves a leg's rows and gradient by alpha along the direction.
/// \param last  no iteration follows: only the contacts' w is still wanted, for their forces
template <class T, int points>
KENNEL_HD void advance_rows(bool last, const T& alpha, const LegDirection<T, points>& d,
                            LegProblem<T, points>& leg) {
  if (last) {
    KENNEL_UNROLL
    for (int s = 0; s < points; ++s) leg.contact[s].w = leg.contact[s].w + alpha * d.dw[s];
    return;
  }
  const T rest = T(1) - alpha;
  leg.base_gradient = rest * leg.base_gradient;
  KENNEL_UNROLL
  for (int j = 0; j < kJointsPerLeg; ++j) {
    auto& h = leg.hinge[j];
    const T step = alpha * d.s[j], limit_step = h.limit_sign * step;
    const RowCost<T> friction = huber(h.friction_D, h.friction_limit, h.friction_jar);
    const RowCost<T> limit = one_sided(h.limit_D, h.limit_jar);
    h.friction_jar += step;
    h.limit_jar += limit_step;
    leg.gradient[j] = rest * leg.gradient[j] +
                      (huber(h.friction_D, h.friction_limit, h.friction_jar).gradient -
                       friction.gradient - friction.curvature * step) +
                      h.limit_sign * (one_sided(h.limit_D, h.limit_jar).gradient - limit.gradient -
                                      limit.curvature * limit_step);
  }
  if (leg.far.act) advance_far(leg.far, leg.hinge, d.s, alpha, leg.gradient);
  KENNEL_UNROLL
  for (int s = 0; s < points; ++s) {
    auto& c = leg.contact[s];
    const Vec3<T> step = alpha * d.dw[s];
    const PointCost<T> before = point_cost(c.D, c.mu, c.w);
    c.w = c.w + step;
    const PointCost<T> after = point_cost(c.D, c.mu, c.w);
    add_point_gradient(c, after.gradient - before.gradient - stiffness_times(before, step), leg);
  }
}

/// Where a slope that rises with alpha is zero: Newton's method on it, kept inside a bracket. The
/// first evaluation is at alpha = 1, where the full Newton step would end.
/// \param first_slope  at alpha = 0, negative
/// \param slope_at     slope_at(alpha, curvature) returns the slope and sets its derivative
template <class T, class SlopeAt>
[[gnu::always_inline]] KENNEL_HD T find_minimum(const T& first_slope, int iterations,
                                                const SlopeAt& slope_at) {
  T low(0), low_slope = first_slope, high(1e6), high_slope(0), alpha(1);
  auto have_high = T(1) < T(0);  // false
  for (int i = 0; i < iterations; ++i) {
    T curvature;
    const T slope = slope_at(alpha, curvature);
    const auto below = slope < T(0);
    low = select(below, alpha, low);
    low_slope = select(below, slope, low_slope);
    high = select(below, high, alpha);
    high_slope = select(below, high_slope, slope);
    have_high = either(have_high, negate(below));
    const T newton = alpha - slope * inverse(max(curvature, T(scalar_of<T>(1e-30))));
    // Where Newton leaves the bracket, the secant through its ends stays inside.
    const T width = max(high_slope - low_slope, T(scalar_of<T>(1e-30)));
    const T secant = low - low_slope * (high - low) * inverse(width);
    const auto inside = both(newton >= low, newton <= high);
    alpha = select(inside, newton, select(have_high, secant, alpha));
    // Between two flat pieces Newton and the secant can creep; halving the bracket now and then
    // bounds that.
    if (i % 3 == 2 && i + 1 < iterations) alpha = select(have_high, T(0.5) * (low + high), alpha);
  }
  return alpha;
}

/// Adds a force to the gradient's base part, a quarter to each leg's share.
template <class T, class Legs>
KENNEL_HD void add_to_gradient(const Force<T>& force,
                               LegProblem<T, Legs::kPoints> (&leg)[Legs::kLocal]) {
  for (int slot = 0; slot < Legs::kLocal; ++slot)
    leg[slot].base_gradient = leg[slot].base_gradient + T(scalar_of<T>(0.25)) * force;
}

/// Exact line search on the cost, whose slope is a piecewise linear function of alpha. Because s' H
/// s = -g's, the slope is (1 - alpha) g's plus the rows' bends, and the curvature -g's plus theirs.
/// \param a, s_base  of the base: where the line starts, and its direction
/// \param g_s        slope at alpha = 0, negative
template <class T, class Legs>
KENNEL_HD T line_search(const LegProblem<T, Legs::kPoints> (&leg)[Legs::kLocal],
                        const LegDirection<T, Legs::kPoints> (&direction)[Legs::kLocal],
                        const BaseFriction<T, Legs>& friction, const Motion<T>& a,
                        const Motion<T>& s_base, const T& g_s, int iterations, const Legs& legs) {
  return find_minimum(g_s, iterations, [&](const T& alpha, T& curvature) {
    T local[Legs::kLocal][2], bend[2];
    for (int slot = 0; slot < Legs::kLocal; ++slot)
      sum_bends(leg[slot], direction[slot], alpha, local[slot]);
    legs.sum(local, bend);
    if (friction.acts()) {
      const Bend<T> more = base_friction_bend<T, Legs>(friction, a, s_base, alpha);
      bend[0] += more.slope;
      bend[1] += more.curvature;
    }
    curvature = bend[1] - g_s;
    return (T(1) - alpha) * g_s + bend[0];
  });
}

/// Keeps the factors of an iteration's Hessian, if they are wanted.
template <class T, class Legs>
KENNEL_HD void keep_factors(const ArrowFactor<T> (&leg)[Legs::kLocal], const T (&base)[kBaseSystem],
                            const T (&inv_d)[6], ArrowFactors<T, Legs>& kept) {
  for (int slot = 0; slot < Legs::kLocal; ++slot) kept.leg[slot] = leg[slot];
  for (int i = 0; i < kBaseSystem; ++i) kept.base[i] = base[i];
  for (int i = 0; i < 6; ++i) kept.inv_d[i] = inv_d[i];
}
template <class T, class Legs>
KENNEL_HD void keep_factors(const ArrowFactor<T> (&)[Legs::kLocal], const T (&)[kBaseSystem],
                            const T (&)[6], NoFactor&) {}

/// Solves for the acceleration; on entry `a` is the warm start at which the problems were built.
/// \tparam Kept  ArrowFactors<T, Legs> for the factored Hessian of the last iteration, which is
/// taken before its step and hence at the solution once the solver has converged
template <class T, class Legs, class Kept = NoFactor>
KENNEL_HD Kept solve(LegProblem<T, Legs::kPoints> (&leg)[Legs::kLocal],
                     const BaseFriction<T, Legs>& friction, const SolverOptions& options,
                     const Legs& legs, Acceleration<T, Legs>& a) {
  T local_base[Legs::kLocal][kBaseSystem], base[kBaseSystem];
  ArrowFactor<T> factor[Legs::kLocal];
  LegDirection<T, Legs::kPoints> direction[Legs::kLocal];
  Kept kept;
  KENNEL_ASSERT(options.iterations >= 1 && options.ls_iterations >= 0);
  fill_with_nan(local_base);
  fill_with_nan(base);
  fill_with_nan(factor);
  fill_with_nan(direction);
  KENNEL_UNROLL_ITERATIONS
  for (int i = 0; i < options.iterations; ++i) {
    if (i == 0 && friction.acts())
      add_to_gradient<T, Legs>(base_friction_gradient<T, Legs>(friction, a.base), leg);
    for (int slot = 0; slot < Legs::kLocal; ++slot)
      factor[slot] = eliminate_hessian(i == 0, leg[slot], local_base[slot]);
    legs.sum(local_base, base);
    if (friction.acts()) add_base_friction<T, Legs>(friction, a.base, base);
    T inv_d[6];
    const Motion<T> s_base = solve_base(base, inv_d);
    if (i + 1 == options.iterations) keep_factors<T, Legs>(factor, base, inv_d, kept);

    T local[Legs::kLocal][1], g_s[1];
    for (int slot = 0; slot < Legs::kLocal; ++slot) {
      auto& d = direction[slot];
      solve_leg(factor[slot], s_base, d.s);
      set_direction(leg[slot], s_base, d);
      local[slot][0] = dot(s_base, leg[slot].base_gradient);
      for (int j = 0; j < kJointsPerLeg; ++j) local[slot][0] += d.s[j] * leg[slot].gradient[j];
    }
    legs.sum(local, g_s);
    T alpha = line_search<T, Legs>(leg, direction, friction, a.base, s_base, g_s[0],
                                   options.ls_iterations, legs);
    if (i == 0 && options.iterations > 1) alpha += T(kFirstStepBeyond) * (T(1) - alpha);

    a.base = a.base + alpha * s_base;
    for (int slot = 0; slot < Legs::kLocal; ++slot) {
      for (int j = 0; j < kJointsPerLeg; ++j) a.leg[slot][j] += alpha * direction[slot].s[j];
      advance_rows(i + 1 == options.iterations, alpha, direction[slot], leg[slot]);
    }
    if (friction.acts() && i + 1 < options.iterations)
      add_to_gradient<T, Legs>(base_friction_change<T, Legs>(friction, a.base, s_base, alpha), leg);
  }
  return kept;
}

}  // namespace kennel
