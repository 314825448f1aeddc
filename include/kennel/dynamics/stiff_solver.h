// Newton's method for contacts so stiff that rounding their part of the Hessian hides the mass
// matrix: where D is 1e5 times the mass that a row meets, single precision keeps two digits of it.
//
// solver.h leans on H s = -g, for the gradient that it carries along and for the curvature of a
// line. With such rows H s = -g holds only to rounding of D, and what a row has left in the
// gradient stays there when it lets go. So here
//   - only the smooth part of the gradient is carried, by M s; the rows' part is taken anew,
//   - the slope along a line is that of the rows themselves,
//   - the Hessian's diagonal is raised by two units in its last place, or what is left of M after
//     the elimination can be negative,
//   - no step is shorter than kShortestStep: rounding may end one that leads to a row's kink short
//     of it, and the next would not see the row either.
// Beside MuJoCo the float error is then what it is with soft contacts, 1e-6 in the median and 2e-5
// at worst, for D up to 1e6 times the mass (src/model/stiffness.h). A step with two iterations
// takes a sixth longer on the CPU, which is why robots without such contacts keep to solver.h.
#pragma once

#include "kennel/dynamics/solver.h"

namespace kennel {

template <class T>
inline constexpr scalar_of<T> kShortestStep = 84 * std::numeric_limits<scalar_of<T>>::epsilon();

/// A leg's share of the gradient without constraints, or of M times a direction.
template <class T>
struct SmoothForce {
  Force<T> base;
  T leg[kJointsPerLeg];
};

/// M times a direction.
template <class T, int points>
KENNEL_HD SmoothForce<T> inertial_force(const LegProblem<T, points>& leg, const Motion<T>& s_base,
                                        const T (&s)[kJointsPerLeg]) {
  SmoothForce<T> out;
  out.base = leg.inertia * s_base;
  KENNEL_UNROLL
  for (int j = 0; j < kJointsPerLeg; ++j) {
    out.base = out.base + s[j] * leg.M.F[j];
    out.leg[j] = dot(s_base, leg.M.F[j]);
    KENNEL_UNROLL
    for (int k = 0; k < kJointsPerLeg; ++k)
      out.leg[j] += leg.M.A[j > k ? lower(j, k) : lower(k, j)] * s[k];
  }
  return out;
}

/// A leg's share of a force times a direction.
template <class T>
KENNEL_HD T power(const SmoothForce<T>& force, const Motion<T>& s_base,
                  const T (&s)[kJointsPerLeg]) {
  T sum = dot(s_base, force.base);
  KENNEL_UNROLL
  for (int j = 0; j < kJointsPerLeg; ++j) sum += s[j] * force.leg[j];
  return sum;
}

/// Slope and curvature of a leg's rows along the direction at a + alpha s.
template <class T, int points>
KENNEL_HD void sum_rows(const LegProblem<T, points>& leg, const LegDirection<T, points>& d,
                        const T& alpha, T (&out)[2]) {
  out[0] = out[1] = nothing<T>();
  KENNEL_UNROLL
  for (int j = 0; j < kJointsPerLeg; ++j) {
    const auto& h = leg.hinge[j];
    const T limit_s = h.limit_sign * d.s[j], limit_jar = h.limit_jar + alpha * limit_s;
    const RowCost<T> friction =
        huber(h.friction_D, h.friction_limit, h.friction_jar + alpha * d.s[j]);
    const RowCost<T> limit = one_sided(h.limit_D, limit_jar);
    out[0] += friction.gradient * d.s[j] + limit.gradient * limit_s;
    out[1] += (friction.curvature + limit.curvature) * square(d.s[j]);
    if (leg.far.act) {
      const RowCost<T> far = far_cost(leg.far, j, limit_jar);
      out[0] -= far.gradient * limit_s;
      out[1] += far.curvature * square(limit_s);
    }
  }
  KENNEL_UNROLL
  for (int s = 0; s < points; ++s) {
    const auto& c = leg.contact[s];
    const PointCost<T> cost = point_cost(c.D, c.mu, c.w + alpha * d.dw[s]);
    out[0] += dot(cost.gradient, d.dw[s]);
    out[1] += dot(stiffness_times(cost, d.dw[s]), d.dw[s]);
  }
}

/// Sets a leg's gradient to the smooth part of it, for eliminate_hessian to add the rows' part.
template <class T, int points>
KENNEL_HD void set_gradient(const SmoothForce<T>& smooth, LegProblem<T, points>& leg) {
  leg.base_gradient = smooth.base;
  KENNEL_UNROLL
  for (int j = 0; j < kJointsPerLeg; ++j) leg.gradient[j] = smooth.leg[j];
}

/// What `solve` does, for a model that is stiff. Out of line on the CPU, as few robots need it.
template <class T, class Legs, class Kept = NoFactor>
KENNEL_RARE Kept solve_stiff(LegProblem<T, Legs::kPoints> (&leg)[Legs::kLocal],
                             const BaseFriction<T, Legs>& friction, const SolverOptions& options,
                             const Legs& legs, Acceleration<T, Legs>& a) {
  T local_base[Legs::kLocal][kBaseSystem], base[kBaseSystem];
  ArrowFactor<T> factor[Legs::kLocal];
  LegDirection<T, Legs::kPoints> direction[Legs::kLocal];
  SmoothForce<T> smooth[Legs::kLocal], inertial[Legs::kLocal];
  Kept kept;
  for (int slot = 0; slot < Legs::kLocal; ++slot) {
    smooth[slot].base = leg[slot].base_gradient;
    for (int j = 0; j < kJointsPerLeg; ++j) smooth[slot].leg[j] = leg[slot].gradient[j];
  }
  for (int i = 0; i < options.iterations; ++i) {
    if (friction.acts())
      add_to_gradient<T, Legs>(base_friction_gradient<T, Legs>(friction, a.base), leg);
    for (int slot = 0; slot < Legs::kLocal; ++slot)
      factor[slot] = eliminate_hessian<true>(true, leg[slot], local_base[slot]);
    legs.sum(local_base, base);
    if (friction.acts()) add_base_friction<T, Legs>(friction, a.base, base);
    T inv_d[6];
    const Motion<T> s_base = solve_base(base, inv_d);
    if (i + 1 == options.iterations) keep_factors<T, Legs>(factor, base, inv_d, kept);

    T local[Legs::kLocal][2], along[2];  // smooth gradient and M s along the direction
    for (int slot = 0; slot < Legs::kLocal; ++slot) {
      auto& d = direction[slot];
      solve_leg(factor[slot], s_base, d.s);
      set_direction(leg[slot], s_base, d);
      inertial[slot] = inertial_force(leg[slot], s_base, d.s);
      local[slot][0] = power(smooth[slot], s_base, d.s);
      local[slot][1] = power(inertial[slot], s_base, d.s);
    }
    legs.sum(local, along);
    const auto slope_at = [&](const T& alpha, T& curvature) {
      T local_rows[Legs::kLocal][2], rows[2];
      for (int slot = 0; slot < Legs::kLocal; ++slot)
        sum_rows(leg[slot], direction[slot], alpha, local_rows[slot]);
      legs.sum(local_rows, rows);
      if (friction.acts()) {
        const RowCost<T> more = base_friction_along<T, Legs>(friction, a.base, s_base, alpha);
        rows[0] += more.gradient;
        rows[1] += more.curvature;
      }
      curvature = along[1] + rows[1];
      return along[0] + alpha * along[1] + rows[0];
    };
    T unused;
    const T first_slope = slope_at(T(0), unused);
    T alpha = find_minimum(first_slope, options.ls_iterations, slope_at);
    if (i == 0 && options.iterations > 1) alpha += T(kFirstStepBeyond) * (T(1) - alpha);
    alpha = select(first_slope < T(0), max(alpha, T(kShortestStep<T>)), T(0));

    a.base = a.base + alpha * s_base;
    for (int slot = 0; slot < Legs::kLocal; ++slot) {
      auto& own = leg[slot];
      const auto& d = direction[slot];
      smooth[slot].base = smooth[slot].base + alpha * inertial[slot].base;
      for (int j = 0; j < kJointsPerLeg; ++j) {
        const T step = alpha * d.s[j];
        a.leg[slot][j] += step;
        smooth[slot].leg[j] += alpha * inertial[slot].leg[j];
        own.hinge[j].friction_jar += step;
        own.hinge[j].limit_jar += own.hinge[j].limit_sign * step;
      }
      for (int s = 0; s < Legs::kPoints; ++s) own.contact[s].w = own.contact[s].w + alpha * d.dw[s];
      set_gradient(smooth[slot], own);
    }
  }
  return kept;
}

}  // namespace kennel
