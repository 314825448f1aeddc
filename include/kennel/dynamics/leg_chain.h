// One leg in world-aligned axes about the base origin: hinge motions, link inertias, where its
// spheres are, and its share of the mass matrix.
#pragma once

#include "kennel/dynamics/arrow.h"
#include "kennel/dynamics/state.h"
#include "kennel/model/env_params.h"

namespace kennel {

/// Position-dependent quantities of a leg.
template <class T, int points>
struct LegChain {
  static constexpr int kPoints = points;
  Motion<T> S[kJointsPerLeg];         // hinge motions (MuJoCo's cdof), about the base origin
  Inertia<T> inertia[kJointsPerLeg];  // links, about the base origin
  Vec3<T> point[kPoints];             // of the spheres (PointOfSphere), from the base origin
};

/// Which point of a sphere a chain follows.
enum class PointOfSphere {
  kCentre,
  kBodyCom,  // centre of mass of the body that carries it
};

/// A quarter of the base's inertia about its origin, with the environment's randomisation: the
/// share of a leg.
template <class T, class Legs>
KENNEL_HD Inertia<T> quarter_of_base(const Quadruped<scalar_of<T>>& model,
                                     const EnvParams<T, Legs>& params, const Rotation<T>& R_wb) {
  using R = scalar_of<T>;
  const T mass = params.base_mass * T(R(0.25) * model.base_mass);
  const Vec3<T> com = R_wb * (Vec3<T>::from(model.base_com) + params.base_com_shift);
  return inertia_about_origin(mass, com,
                              (T(R(0.25)) * params.base_inertia) *
                                  rotated<kKnownConstants<Legs>>(R_wb, model.base_inertia));
}

/// Kinematics of a leg at joint angles q.
template <class T, class Constants, class PerLegParams>
KENNEL_HD LegChain<T, PerLegParams::kPoints> leg_chain(
    const Constants& leg, const PerLegParams& params, const Rotation<T>& R_wb,
    const T (&q)[kJointsPerLeg], PointOfSphere point = PointOfSphere::kCentre) {
  constexpr bool kKnown = kKnownConstants<Constants>;
  constexpr int kPoints = PerLegParams::kPoints;
  LegChain<T, kPoints> chain;
  Rotation<T> R = turned_z<kKnown>(R_wb, leg.sin_gamma, leg.cos_gamma);
  Rotation<T> parent = R_wb;
  Vec3<T> origin{T(0), T(0), T(0)};
  KENNEL_UNROLL
  for (int j = 0; j < kJointsPerLeg; ++j) {
    const auto& hinge = leg.hinge[j];
    origin = origin + rotated<kKnown>(parent, hinge.anchor);
    const SinCos<T> turn = sincos(q[j] + T(hinge.offset));
    R = turn_z(turned_x<kKnown>(R, hinge.sin_alpha, hinge.cos_alpha), turn.sin, turn.cos);
    chain.S[j] = hinge_motion(R.z, origin);
    const Vec3<T> com = origin + rotated<kKnown>(R, hinge.com);
    chain.inertia[j] = inertia_about_origin(params.mass[j] * T(hinge.mass), com,
                                            params.inertia[j] * rotated<kKnown>(R, hinge.inertia));
    KENNEL_UNROLL
    for (int s = 0; s < kPoints; ++s)
      if (leg.sphere[s].link == j)
        chain.point[s] =
            origin + (point == PointOfSphere::kCentre ? rotated<kKnown>(R, leg.sphere[s].centre)
                                                      : rotated<kKnown>(R, leg.sphere[s].body_com));
    parent = R;
  }
  if constexpr (kPoints > kFewPoints) {
    KENNEL_UNROLL
    for (int s = 0; s < kPoints; ++s)
      if (leg.sphere[s].link < 0)
        chain.point[s] =
            R_wb * Vec3<T>::from(point == PointOfSphere::kCentre ? leg.sphere[s].centre
                                                                 : leg.sphere[s].body_com);
  }
  return chain;
}

/// A leg's share of the mass matrix, by composite inertias from the foot up (Featherstone 2008,
/// section 6.2).
/// \param armature  factor of the hinges' rotor inertias
/// \return the inertia of the whole leg
template <class T, class Constants, int points>
KENNEL_HD Inertia<T> mass_matrix(const Constants& leg, const LegChain<T, points>& chain,
                                 const T& armature, ArrowLeg<T>& M) {
  Inertia<T> composite = chain.inertia[kJointsPerLeg - 1];
  KENNEL_UNROLL
  for (int j = kJointsPerLeg - 1; j >= 0; --j) {
    M.F[j] = composite * chain.S[j];
    KENNEL_UNROLL
    for (int k = 0; k <= j; ++k) M.A[lower(j, k)] = dot(chain.S[k], M.F[j]);
    M.A[lower(j, j)] += armature * T(leg.hinge[j].armature);
    if (j > 0) composite = composite + chain.inertia[j - 1];
  }
  return composite;
}

}  // namespace kennel
