// What an environment's own masses make of the inverse weights that scale its constraints, as
// mj_setConst computes them: dof_invweight0 is (M^-1)_ii, body_invweight0 the mean over three
// directions of J M^-1 J', with J the Jacobian of the body's centre of mass, all at qpos0.
#pragma once

#include "kennel/dynamics/arrow.h"
#include "kennel/dynamics/leg_chain.h"

namespace kennel {

/// J M^-1 J' of one row J: `base` its part of the base, `leg` its part of one leg.
/// \param factor           of that leg's block of M
/// \param factored, inv_d  the base's block, as eliminate_base leaves it
template <class T>
KENNEL_HD T inverse_inertia_along(const ArrowFactor<T>& factor, const T (&factored)[kBaseSystem],
                                  const T (&inv_d)[6], const Force<T>& base,
                                  const T (&leg)[kJointsPerLeg]) {
  T y[kJointsPerLeg];  // L^-1 leg
  y[0] = leg[0];
  y[1] = leg[1] - factor.l10 * y[0];
  y[2] = leg[2] - factor.l20 * y[0] - factor.l21 * y[1];
  T v[6] = {base.n.x, base.n.y, base.n.z, base.f.x, base.f.y, base.f.z};
  T sum = nothing<T>();
  KENNEL_UNROLL
  for (int j = 0; j < kJointsPerLeg; ++j) {
    const T scaled = y[j] * factor.inv_d[j];
    sum += scaled * y[j];
    KENNEL_UNROLL
    for (int i = 0; i < 6; ++i) v[i] -= scaled * factor.Z[j][i];
  }
  KENNEL_UNROLL
  for (int column = 0; column < 6; ++column) {
    const T scaled = v[column] * inv_d[column];
    sum += scaled * v[column];
    KENNEL_UNROLL
    for (int row = column + 1; row < 6; ++row) v[row] -= scaled * factored[lower(row, column)];
  }
  return sum;
}

/// Sets the weights of an environment's constraints to those of its own masses and inertias; dry
/// friction on the free joint keeps the nominal model's.
/// Sums over legs: in a warp all threads must call it.
template <class T, class Legs>
KENNEL_HD void set_exact_weights(const Quadruped<scalar_of<T>>& model, const Legs& legs,
                                 EnvParams<T, Legs>& params) {
  // M does not depend on where the base is or how it is turned, up to a rotation of its axes.
  const T zero(0), one(1);
  const Vec3<T> axis[3] = {{one, zero, zero}, {zero, one, zero}, {zero, zero, one}};
  const Rotation<T> R_wb{axis[0], axis[1], axis[2]};
  const Inertia<T> quarter = with_armature(quarter_of_base<T>(model, params, R_wb),
                                           T(scalar_of<T>(0.25) * model.base_armature));
  LegChain<T, Legs::kPoints> chain[Legs::kLocal];
  ArrowFactor<T> factor[Legs::kLocal];
  T local_base[Legs::kLocal][kBaseSystem], base[kBaseSystem], inv_d[6];
  for (int slot = 0; slot < Legs::kLocal; ++slot) {
    const auto& leg = leg_under(legs, model, slot);
    T q[kJointsPerLeg];
    KENNEL_UNROLL
    for (int j = 0; j < kJointsPerLeg; ++j) q[j] = T(model.qpos0[7 + leg.hinge[j].qpos_index]);
    chain[slot] = leg_chain<T>(leg, params.leg[slot], R_wb, q, PointOfSphere::kBodyCom);
    ArrowLeg<T> M;
    const Inertia<T> whole = mass_matrix<T>(leg, chain[slot], params.armature, M);
    const T rhs[kJointsPerLeg] = {zero, zero, zero};
    add_inertia(whole + quarter, local_base[slot]);
    for (int i = 21; i < kBaseSystem; ++i) local_base[slot][i] = zero;
    factor[slot] = eliminate_leg(M, rhs, local_base[slot]);
  }
  legs.sum(local_base, base);
  eliminate_base(base, inv_d);

  for (int slot = 0; slot < Legs::kLocal; ++slot) {
    const auto& leg = leg_under(legs, model, slot);
    auto& own = params.leg[slot];
    KENNEL_UNROLL
    for (int j = 0; j < kJointsPerLeg; ++j) {
      const T row[kJointsPerLeg] = {T(j == 0), T(j == 1), T(j == 2)};
      const Force<T> none{{zero, zero, zero}, {zero, zero, zero}};
      own.hinge_weight[j] = T(leg.hinge[j].invweight) *
                            inverse(inverse_inertia_along(factor[slot], base, inv_d, none, row));
    }
    KENNEL_UNROLL
    for (int s = 0; s < Legs::kPoints; ++s) {
      if (s >= leg.num_spheres) continue;
      Vec3<T> com = chain[slot].point[s];
      if constexpr (kPointsOnBase<Legs>)
        if (leg.sphere[s].link < 0) com = com + params.base_com_shift;
      T sum = nothing<T>();
      for (const Vec3<T>& e : axis) {
        T row[kJointsPerLeg];
        KENNEL_UNROLL
        for (int j = 0; j < kJointsPerLeg; ++j) {
          const Motion<T>& S = chain[slot].S[j];
          row[j] = j <= leg.sphere[s].link ? dot(e, S.v + cross(S.w, com)) : zero;
        }
        sum += inverse_inertia_along(factor[slot], base, inv_d, {cross(com, e), e}, row);
      }
      own.sphere_weight[s] = T(scalar_of<T>(3) * leg.sphere[s].invweight) * inverse(sum);
    }
  }
}

}  // namespace kennel
