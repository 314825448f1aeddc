// What differs from one environment to the next: factors on the model's constants, one lane each.
#pragma once

#include "kennel/core/vec3.h"
#include "kennel/model/quadruped.h"

namespace kennel {

/// A leg's parameters. The weights are factors too: a weight is one over what MuJoCo calls inverse
/// weight, and a constraint's D is proportional to it. They are 1 where an environment keeps the
/// nominal model's inverse weights.
template <class T, bool kNominalWeights, int points>
struct LegParams {
  static constexpr int kPoints = points;
  T mass[kJointsPerLeg], inertia[kJointsPerLeg];
  T friction[kPoints];  // sliding coefficient of the contact, absolute
  T hinge_weight[kJointsPerLeg], sphere_weight[kPoints];

  KENNEL_HD const T& weight_of_hinge(int j) const { return hinge_weight[j]; }
  KENNEL_HD const T& weight_of_sphere(int s) const { return sphere_weight[s]; }
  KENNEL_HD void set_nominal_weights() {
    for (T& w : hinge_weight) w = T(1);
    for (T& w : sphere_weight) w = T(1);
  }
};

/// Without weights, which are nominal then; otherwise laid out like the other. (A struct of its
/// own: offsetof forbids bases, and nvcc 13.0 lays out an empty [[no_unique_address]] member in two
/// ways.)
template <class T, int points>
struct LegParams<T, true, points> {
  static constexpr int kPoints = points;
  T mass[kJointsPerLeg], inertia[kJointsPerLeg];
  T friction[kPoints];

  KENNEL_HD T weight_of_hinge(int) const { return T(1); }
  KENNEL_HD T weight_of_sphere(int) const { return T(1); }
  KENNEL_HD void set_nominal_weights() {}
};

/// Physical parameters of an environment, as factors of the nominal model (1 = nominal) unless a
/// unit says otherwise.
template <class T, class Legs>
struct EnvParams {
  T base_mass = T(1), base_inertia = T(1);
  Vec3<T> base_com_shift = {T(0), T(0), T(0)};  // m, base axes
  T strength = T(1);                            // of a servo's torque after its clamp
  T kp = T(1), kd = T(1);
  T frictionloss = T(1), damping = T(1), armature = T(1);  // of the hinges
  // A mapping that knows the robot's numbers knows its weights too.
  LegParams<T, kKnownConstants<Legs>, Legs::kPoints> leg[Legs::kLocal];
};

/// The parameters under which an environment is the nominal model.
template <class T, class Legs>
KENNEL_HD EnvParams<T, Legs> nominal_params(const Quadruped<scalar_of<T>>& model,
                                            const Legs& legs) {
  EnvParams<T, Legs> params;
  for (int slot = 0; slot < Legs::kLocal; ++slot) {
    for (int j = 0; j < kJointsPerLeg; ++j)
      params.leg[slot].mass[j] = params.leg[slot].inertia[j] = T(1);
    for (int s = 0; s < Legs::kPoints; ++s)
      params.leg[slot].friction[s] = T(model.leg[legs.leg(slot)].sphere[s].friction);
    params.leg[slot].set_nominal_weights();
  }
  return params;
}

/// Parameters of all legs in another precision, or a thread's share of them.
/// \tparam All  a mapping of all legs; points that it has not are nominal
template <class T, class Legs, class From, class All>
KENNEL_HD EnvParams<T, Legs> converted(const EnvParams<From, All>& from, const Legs& legs) {
  static_assert(All::kLocal == kNumLegs);
  constexpr int kKnownPoints = All::kPoints < Legs::kPoints ? All::kPoints : Legs::kPoints;
  EnvParams<T, Legs> params;
  params.base_mass = T(from.base_mass);
  params.base_inertia = T(from.base_inertia);
  params.base_com_shift = {T(from.base_com_shift.x), T(from.base_com_shift.y),
                           T(from.base_com_shift.z)};
  params.strength = T(from.strength);
  params.kp = T(from.kp);
  params.kd = T(from.kd);
  params.frictionloss = T(from.frictionloss);
  params.damping = T(from.damping);
  params.armature = T(from.armature);
  for (int slot = 0; slot < Legs::kLocal; ++slot) {
    const auto& leg = from.leg[legs.leg(slot)];
    for (int j = 0; j < kJointsPerLeg; ++j) {
      params.leg[slot].mass[j] = T(leg.mass[j]);
      params.leg[slot].inertia[j] = T(leg.inertia[j]);
    }
    for (int s = 0; s < kKnownPoints; ++s) params.leg[slot].friction[s] = T(leg.friction[s]);
    for (int s = kKnownPoints; s < Legs::kPoints; ++s) params.leg[slot].friction[s] = T(1);
    if constexpr (!kKnownConstants<Legs>) {
      for (int j = 0; j < kJointsPerLeg; ++j)
        params.leg[slot].hinge_weight[j] = T(leg.hinge_weight[j]);
      for (int s = 0; s < kKnownPoints; ++s)
        params.leg[slot].sphere_weight[s] = T(leg.sphere_weight[s]);
      for (int s = kKnownPoints; s < Legs::kPoints; ++s) params.leg[slot].sphere_weight[s] = T(1);
    }
  }
  return params;
}

/// Parameters of any robot, as files and hosts have them.
using AnyParams = EnvParams<double, ManyPoints<AllLegs>>;

}  // namespace kennel
