// One physics step: MuJoCo's dynamics for a floating base with four legs of three hinges.
//
//   leg_chain.h, leg_problem.h     kinematics, inertias, drives, inverse dynamics at the warm start
//   constraint.h, base_friction.h  constraint rows
//   solver.h, stiff_solver.h       Newton's method on them
//   below                          integration
#pragma once

#include "kennel/dynamics/stiff_solver.h"

namespace kennel {

/// Solves (M + dt D) a' = M a for the integrators that treat damping implicitly.
template <class T, class Legs>
KENNEL_HD void damp_implicitly(const Quadruped<scalar_of<T>>& model,
                               const EnvParams<T, Legs>& params,
                               const LegProblem<T, Legs::kPoints> (&leg)[Legs::kLocal],
                               const Legs& legs, Acceleration<T, Legs>& a) {
  const bool servo_damping = model.integrator == Integrator::kImplicitFast;
  T local_base[Legs::kLocal][kBaseSystem], base[kBaseSystem];
  ArrowFactor<T> factor[Legs::kLocal];
  fill_with_nan(local_base);
  fill_with_nan(factor);
  for (int slot = 0; slot < Legs::kLocal; ++slot) {
    ArrowLeg<T> H = leg[slot].M;
    auto& b = local_base[slot];
    add_inertia(leg[slot].inertia, b);
    if (model.base_damping > 0) {
      KENNEL_UNROLL
      for (int i = 0; i < 6; ++i)
        b[lower(i, i)] += T(scalar_of<T>(0.25) * model.timestep * model.base_damping);
    }
    Force<T> base_force = leg[slot].inertia * a.base;
    T rhs[kJointsPerLeg];
    KENNEL_UNROLL
    for (int j = 0; j < kJointsPerLeg; ++j) {
      base_force = base_force + a.leg[slot][j] * H.F[j];
      rhs[j] = dot(a.base, H.F[j]);
      KENNEL_UNROLL
      for (int k = 0; k < kJointsPerLeg; ++k)
        rhs[j] += H.A[j > k ? lower(j, k) : lower(k, j)] * a.leg[slot][k];
    }
    KENNEL_UNROLL
    for (int j = 0; j < kJointsPerLeg; ++j) {
      T D = params.damping * T(leg_under(legs, model, slot).hinge[j].damping);
      if (servo_damping) D += leg[slot].implicit_damping[j];
      H.A[lower(j, j)] += T(model.timestep) * D;
    }
    b[21] = base_force.n.x;
    b[22] = base_force.n.y;
    b[23] = base_force.n.z;
    b[24] = base_force.f.x;
    b[25] = base_force.f.y;
    b[26] = base_force.f.z;
    factor[slot] = eliminate_leg(H, rhs, b);
  }
  legs.sum(local_base, base);
  a.base = solve_base(base);
  for (int slot = 0; slot < Legs::kLocal; ++slot) solve_leg(factor[slot], a.base, a.leg[slot]);
}

/// The quaternion turned by a body-frame rate for dt: q exp(dt omega / 2). The factor's sine and
/// cosine are series in (dt |omega| / 2)^2, exact to rounding in float below 100 rad/s at 4 ms and
/// in double below 10 rad/s; the result is normalised, so that no drift builds up.
template <class T>
KENNEL_HD Quat<T> turned(const Quat<T>& q, const Vec3<T>& omega, const T& dt) {
  const Vec3<T> half = (T(0.5) * dt) * omega;
  const T x = dot(half, half);
  using R = scalar_of<T>;
  // Terms of sin(x)/x and cos(x) that float cannot see are left to double.
  T sinc = T(R(1.0 / 120)), cos = T(R(1.0 / 24)) - x * T(R(1.0 / 720));
  if constexpr (std::same_as<R, double>) {
    sinc += x * (T(-1.0 / 5040) + x * (T(1.0 / 362880) - x * T(1.0 / 39916800)));
    cos += x * x * (T(1.0 / 40320) - x * T(1.0 / 3628800));
  }
  sinc = T(1) + x * (T(R(-1.0 / 6)) + x * sinc);
  cos = T(1) + x * (T(R(-0.5)) + x * cos);
  return normalised(q * Quat<T>{cos, sinc * half.x, sinc * half.y, sinc * half.z});
}

/// Semi-implicit Euler with acceleration a: velocities first, then positions with the new
/// velocities.
template <class T, class Legs>
KENNEL_HD void integrate(const T& dt, const Vec3<T>& lin_acc, const Vec3<T>& ang_acc,
                         const T (&leg_acc)[Legs::kLocal][kJointsPerLeg],
                         PhysicsState<T, Legs>& state) {
  state.velocity = state.velocity + dt * lin_acc;
  state.omega = state.omega + dt * ang_acc;
  state.position = state.position + dt * state.velocity;
  state.orientation = turned(state.orientation, state.omega, dt);
  for (int slot = 0; slot < Legs::kLocal; ++slot)
    for (int j = 0; j < kJointsPerLeg; ++j) {
      state.leg[slot].qd[j] += dt * leg_acc[slot][j];
      state.leg[slot].q[j] += dt * state.leg[slot].qd[j];
    }
}

/// Computes qacc of the state (into its warm start) without advancing time, and what to integrate.
/// \param target  servo targets of the legs held here, rad
/// \return the acceleration that the integrator uses; equals qacc for plain Euler. Base part in
/// world axes.
template <class T, class Legs>
KENNEL_HD Acceleration<T, Legs> forward(const Quadruped<scalar_of<T>>& model,
                                        const SolverOptions& options,
                                        const EnvParams<T, Legs>& params,
                                        const T (&target)[Legs::kLocal][kJointsPerLeg],
                                        const Legs& legs, PhysicsState<T, Legs>& state,
                                        StepReport<T, Legs>& report) {
  const Rotation<T> R_wb = rotation(state.orientation);
  const BaseMotion<T> base = base_motion<T>(model, params, state, R_wb);
  LegProblem<T, Legs::kPoints> leg[Legs::kLocal];
  Acceleration<T, Legs> a;
  fill_with_nan(leg);
  fill_with_nan(a);
  fill_with_nan(report);
  a.base = base.qacc;
  for (int slot = 0; slot < Legs::kLocal; ++slot) {
    build_leg_problem<T>(model, leg_under(legs, model, slot), params, params.leg[slot], base, R_wb,
                         state.leg[slot], target[slot], leg[slot], report.leg[slot]);
    for (int j = 0; j < kJointsPerLeg; ++j) a.leg[slot][j] = state.leg[slot].qacc[j];
  }
  const BaseFriction<T, Legs> friction{model, state, R_wb};
  if (model.stiff) [[unlikely]]
    solve_stiff<T, Legs>(leg, friction, options, legs, a);
  else
    solve<T, Legs>(leg, friction, options, legs, a);
  state.lin_acc = a.base.v;
  state.ang_acc = to_inner(R_wb, a.base.w);
  for (int slot = 0; slot < Legs::kLocal; ++slot) {
    for (int j = 0; j < kJointsPerLeg; ++j) state.leg[slot].qacc[j] = a.leg[slot][j];
    for (int s = 0; s < Legs::kPoints; ++s) {
      const auto& c = leg[slot].contact[s];
      report.leg[slot].normal_force[s] = -point_cost(c.D, c.mu, c.w).gradient.z;
    }
  }
  if (model.integrator != Integrator::kEuler) damp_implicitly<T, Legs>(model, params, leg, legs, a);
  return a;
}

/// Advances an environment by one physics step.
template <class T, class Legs>
KENNEL_HD void step(const Quadruped<scalar_of<T>>& model, const SolverOptions& options,
                    const EnvParams<T, Legs>& params,
                    const T (&target)[Legs::kLocal][kJointsPerLeg], const Legs& legs,
                    PhysicsState<T, Legs>& state, StepReport<T, Legs>& report) {
  const Rotation<T> R_wb = rotation(state.orientation);
  const Acceleration<T, Legs> a =
      forward<T, Legs>(model, options, params, target, legs, state, report);
  integrate<T, Legs>(T(model.timestep), a.base.v, to_inner(R_wb, a.base.w), a.leg, state);
}

}  // namespace kennel
