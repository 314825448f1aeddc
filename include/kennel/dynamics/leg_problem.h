// A leg's share of the constrained problem  min_a 1/2 (a - a_smooth)' M (a - a_smooth) + sum s(J a
// - aref), linearised at the warm start: mass matrix, gradient of the smooth part by inverse
// dynamics, constraint rows.
#pragma once

#include "kennel/dynamics/actuator.h"
#include "kennel/dynamics/arrow.h"
#include "kennel/dynamics/far_limits.h"
#include "kennel/dynamics/leg_chain.h"

namespace kennel {

/// What the solver needs of a leg. The base's own inertia and inertial force are shared out, a
/// quarter to each leg, so that a sum over legs is all the base ever needs.
template <class T, int points>
struct LegProblem {
  static constexpr int kPoints = points;
  Inertia<T> inertia;      // of the whole leg and a quarter of the base, about the base origin
  ArrowLeg<T> M;           // coupling and leg block of the mass matrix
  Force<T> base_gradient;  // this leg's share of the gradient's base part
  T gradient[kJointsPerLeg];
  HingeRows<T> hinge[kJointsPerLeg];
  FarLimits<T> far;
  ContactRows<T> contact[kPoints];
  T implicit_damping[kJointsPerLeg];  // of the drives where they are not saturated, N m s/rad
};

/// The base's motion at the start of the step, in world axes, in the inertial frame that moves with
/// the base origin: there its linear velocity is zero, which saves the velocity products of a frame
/// at rest.
template <class T>
struct BaseMotion {
  T height;            // of the base origin, m
  Vec3<T> velocity;    // of the base origin, world
  Motion<T> V;         // (omega, 0)
  Motion<T> qacc;      // warm start
  Motion<T> A;         // warm start minus gravity: what inverse dynamics wants
  Inertia<T> quarter;  // of the base, the free joint's armature included
  Force<T> force;      // quarter of the base's inertial force at A and of the free joint's drag
};

/// Adds a quarter of the free joint's armature and damping to the base's.
template <class T>
KENNEL_HD void add_free_joint(const Quadruped<scalar_of<T>>& model, BaseMotion<T>& base) {
  using R = scalar_of<T>;
  const T armature(R(0.25) * model.base_armature), damping(R(0.25) * model.base_damping);
  base.quarter = with_armature(base.quarter, armature);
  const Motion<T> V{base.V.w, base.velocity};
  base.force.n = base.force.n + armature * base.qacc.w + damping * V.w;
  base.force.f = base.force.f + armature * base.qacc.v + damping * V.v;
}

template <class T, class Legs>
KENNEL_HD BaseMotion<T> base_motion(const Quadruped<scalar_of<T>>& model,
                                    const EnvParams<T, Legs>& params,
                                    const PhysicsState<T, Legs>& state, const Rotation<T>& R_wb) {
  BaseMotion<T> base;
  const T zero(0);
  base.height = state.position.z;
  base.velocity = state.velocity;
  base.V = {R_wb * state.omega, {zero, zero, zero}};
  base.qacc = {R_wb * state.ang_acc, state.lin_acc};
  base.A = {base.qacc.w, base.qacc.v - Vec3<T>::from(model.gravity)};
  base.quarter = quarter_of_base<T>(model, params, R_wb);
  base.force = base.quarter * base.A + cross(base.V, base.quarter * base.V);
  if (model.base_armature > 0 || model.base_damping > 0) add_free_joint<T>(model, base);
  return base;
}

/// Builds a leg's problem.
/// \param target  servo targets, rad; of another drive its ctrl
template <class T, class Constants, class PerLegState, class PerLegParams, class Legs,
          class PerLegReport>
KENNEL_HD void build_leg_problem(const Quadruped<scalar_of<T>>& model, const Constants& leg,
                                 const EnvParams<T, Legs>& params, const PerLegParams& leg_params,
                                 const BaseMotion<T>& base, const Rotation<T>& R_wb,
                                 const PerLegState& state, const T (&target)[kJointsPerLeg],
                                 LegProblem<T, Legs::kPoints>& problem, PerLegReport& report) {
  constexpr bool kKnown = kKnownConstants<Constants>;
  const LegChain<T, Legs::kPoints> chain = leg_chain<T>(leg, leg_params, R_wb, state.q);

  // Recursive Newton-Euler at the warm start's acceleration: M a + bias without forming M a.
  Motion<T> V = base.V, A = base.A, a = base.qacc;
  Motion<T> V_link[kJointsPerLeg], a_link[kJointsPerLeg];
  Force<T> force[kJointsPerLeg];
  KENNEL_UNROLL
  for (int j = 0; j < kJointsPerLeg; ++j) {
    const Motion<T> S_rate = cross(V, chain.S[j]);
    V = V + state.qd[j] * chain.S[j];
    a = a + state.qacc[j] * chain.S[j];
    A = A + state.qacc[j] * chain.S[j] + state.qd[j] * S_rate;
    force[j] = chain.inertia[j] * A + cross(V, chain.inertia[j] * V);
    V_link[j] = V;
    a_link[j] = a;
  }

  problem.inertia = mass_matrix<T>(leg, chain, params.armature, problem.M) + base.quarter;
  Force<T> total = force[2];  // of the links from the foot up
  KENNEL_UNROLL
  for (int j = kJointsPerLeg - 1; j >= 0; --j) {
    const auto& hinge = leg.hinge[j];
    const T armature = params.armature * T(hinge.armature);
    const DriveTorque<T> drive =
        model.general_drives ? drive_torque<T>(hinge, params.strength, params.kp, params.kd,
                                               target[j], state.q[j], state.qd[j])
                             : servo_torque<kKnown, T>(hinge, params.strength, params.kp, params.kd,
                                                       target[j], state.q[j], state.qd[j]);
    report.torque[j] = drive.torque;
    problem.implicit_damping[j] = drive.damping;
    problem.hinge[j] =
        hinge_rows<kKnown, T>(hinge, params.frictionloss, leg_params.weight_of_hinge(j), state.q[j],
                              state.qd[j], state.qacc[j]);
    problem.gradient[j] = dot(chain.S[j], total) + armature * state.qacc[j] - drive.torque -
                          passive_torque<kKnown, T>(hinge, params.damping, state.q[j], state.qd[j]);
    if (j > 0) total = total + force[j - 1];
  }
  problem.far.act = model.both_limits;
  if (model.both_limits) set_far_limits<T>(leg, leg_params, state.q, problem.far);
  problem.base_gradient = total + base.force;

  KENNEL_UNROLL
  for (int s = 0; s < Legs::kPoints; ++s) {
    if (s >= leg.num_spheres) {
      const Vec3<T> zero{T(0), T(0), T(0)};
      problem.contact[s] = {-1, zero, {zero, zero, zero}, zero, T(0), T(1)};
      report.distance[s] = T(1e6f);
      report.velocity[s] = zero;
      continue;
    }
    const auto& sphere = leg.sphere[s];
    const T distance = base.height + chain.point[s].z - T(sphere.radius) - T(model.floor_height);
    Vec3<T> point = chain.point[s];  // MuJoCo: midway between the two surfaces
    point.z = point.z - T(sphere.radius) - T(0.5) * distance;
    if constexpr (kPointsOnBase<Legs>) {
      V = base.V;
      a = base.qacc;
    }
    KENNEL_UNROLL
    for (int j = 0; j < kJointsPerLeg; ++j)
      if (sphere.link == j) {
        V = V_link[j];
        a = a_link[j];
      }
    const Vec3<T> velocity = base.velocity + V.v + cross(V.w, point);
    problem.contact[s] = contact_rows<T>(
        sphere, leg_params.friction[s], leg_params.weight_of_sphere(s), T(model.impratio), distance,
        point, chain.S, velocity, a.v + cross(a.w, point));
    report.distance[s] = distance;
    report.velocity[s] = velocity;
  }
}

}  // namespace kennel
