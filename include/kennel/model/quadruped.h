// The robot as the dynamics see it: constants of a floating base with four legs of three hinges.
// Filled from a compiled mjModel by src/model; the same for all environments.
//
// A link's frame is chosen for cheap kinematics, not MuJoCo's body frame: origin on the hinge axis,
// z along it, x along the common normal with the next hinge. Then a link's rotation is R_parent
// Rx(alpha) Rz(q + offset), two plane rotations, and for the first link one more, Rz(gamma), in
// front.
#pragma once

#include <cstdint>
#include <type_traits>

#include "kennel/core/legs.h"

namespace kennel {

inline constexpr int kNq = 7 + kNumJoints;
inline constexpr int kNv = 6 + kNumJoints;

/// MuJoCo's solimp, and solref turned into stiffness and damping of the reference acceleration
/// aref = -B v - K d(r) r  (MuJoCo manual, "Computation", section "Constraint model").
template <class R>
struct Impedance {
  R d0 = R(0.9), dmax = R(0.95);  // impedance at r = 0 and beyond the width
  R inv_width = R(1000);          // 1/m or 1/rad
  R midpoint = R(0.5), power = R(2);
  R scale_low = R(2), scale_high = R(2);  // 1/midpoint^(power-1), 1/(1-midpoint)^(power-1)
  R K = R(0), B = R(0);
};

/// A hinge, the link it moves, and what drives it: mostly a position servo, tau = kp (ctrl - q) -
/// kd qd. In a model with `general_drives` every hinge has MuJoCo's gain and bias, as they act at
/// the joint, the gear folded in (a servo's gain is kp, a motor has nothing but a gain):
///   tau = (gain + gain_q q + gain_qd qd) ctrl + bias - kp q - kd qd
template <class R>
struct Hinge {
  R anchor[3] = {};  // this link's origin in the parent link's frame (the base's for the first), m
  R sin_alpha = R(0), cos_alpha = R(1);  // tilt of the axis against the parent's, about x
  R offset = R(0);                       // angle of the frame at qpos = 0, rad
  R mass = R(0), com[3] = {};            // link, in its frame
  R inertia[6] = {};  // about the centre of mass, link axes: xx yy zz xy xz yz, kg m^2
  R armature = R(0), damping = R(0);       // kg m^2, N m s/rad
  R frictionloss = R(0);                   // N m
  R stiffness = R(0), springref = R(0);    // N m/rad, rad
  R friction_R = R(1), friction_B = R(0);  // regularisation and damping of the dry friction row
  R range_low = R(0), range_high = R(0);   // rad
  R limit_margin = R(0);  // rad; a limit acts where the distance to it is below the margin
  R invweight = R(0);     // dof_invweight0 of the nominal model
  Impedance<R> limit;
  R kp = R(0), kd = R(0);                        // N m/rad, N m s/rad
  R gain = R(0), gain_q = R(0), gain_qd = R(0);  // N m, N m/rad, N m s/rad a unit of ctrl
  R bias = R(0);                                 // N m
  R force_low = R(0), force_high = R(0);         // N m; of tau
  R target_low = R(0), target_high = R(0);       // of ctrl; infinite where it has no range
  int limits_at_once = 0;                        // 2 where the range is narrower than two margins
  int qpos_index = 0;                            // in MuJoCo's qpos[7..18] and qvel[6..17]: 0..11
  int ctrl_index = 0;                            // in MuJoCo's ctrl
};

/// A sphere that can touch the floor, with the contact's mixed parameters.
template <class R>
struct Sphere {
  int link = 2;      // 0, 1 or 2: the leg's link that carries it; -1: the base
  R centre[3] = {};  // in the frame of the link or the base, m
  R radius = R(0);
  R margin = R(0);
  R friction = R(1);  // sliding, of the contact
  R invweight =
      R(0);  // body_invweight0 (translation) of the sphere's and the floor's bodies, nominal model
  R body_com[3] = {};  // centre of mass of the sphere's body, which can be a part of the link only
  Impedance<R> impedance;
};

/// \tparam points  how many spheres there is room for; fewer are a prefix of more
template <class R, int points = kMaxPoints>
struct Leg {
  R sin_gamma = R(0), cos_gamma = R(1);
  Hinge<R> hinge[kJointsPerLeg];
  int num_spheres = 0;
  int foot = 0;  // which sphere is the foot
  // The leg's own, of which the foot is the last, then those of the base that are dealt to the leg.
  Sphere<R> sphere[points];
};

/// Whether the compiler knows the robot's numbers, in a type of leg constants or under a mapping of
/// legs.
template <class Constants>
inline constexpr bool kKnownConstants = requires {
  Constants::kKnown;
};

enum class Integrator : std::int32_t {
  kEuler,         // semi-implicit: integrates qacc
  kEulerDamped,   // (M + dt D) a' = M qacc, D joint damping; integrates a'
  kImplicitFast,  // the same with D also holding the servos' kd where they are not saturated
};

template <class R>
struct Quadruped {
  R timestep = R(0.002);
  R gravity[3] = {R(0), R(0), R(-9.81)};
  R impratio = R(1);
  R floor_height = R(0);
  Integrator integrator = Integrator::kEuler;
  int both_limits = 0;     // whether both limits of some hinge can act at once
  int stiff = 0;           // whether float needs the careful solver (stiff_solver.h)
  int general_drives = 0;  // whether some hinge is driven by no position servo
  R base_mass = R(0), base_com[3] = {};
  R base_inertia[6] = {};  // about the base's centre of mass, base axes
  // Of the free joint, the same number along the three world axes [kg, N s/m] and about the three
  // base axes [kg m^2, N m s/rad]: an inertia that gravity does not see, and a drag.
  R base_armature = R(0), base_damping = R(0);
  R base_frictionloss = R(0);                                   // dry friction, N and N m
  R base_friction_R[2] = {R(1), R(1)}, base_friction_B = R(0);  // of angular and linear rows
  Leg<R> leg[kNumLegs];
  R qpos0[kNq] = {};    // MuJoCo's reference configuration
  R total_mass = R(0);  // kg
};

/// Whether a robot needs a mapping with ManyPoints: more spheres on a leg than kFewPoints, or any
/// on the base.
template <class R>
bool has_many_points(const Quadruped<R>& robot) {
  for (const Leg<R>& leg : robot.leg) {
    if (leg.num_spheres > kFewPoints) return true;
    for (int s = 0; s < leg.num_spheres; ++s)
      if (leg.sphere[s].link < 0) return true;
  }
  return false;
}

/// The robot, the constants of the leg in a slot, and the solver's options under a mapping of legs:
/// the loaded ones, a copy of them that the mapping keeps nearer, or those that it knows at compile
/// time.
template <class Legs, class R>
KENNEL_HD decltype(auto) robot_under(const Legs& legs, const Quadruped<R>& loaded) {
  if constexpr (requires { legs.robot(); }) {
    return legs.robot();
  } else if constexpr (requires { legs.robot(loaded); }) {
    return legs.robot(loaded);
  } else {
    return (loaded);
  }
}
template <class Legs, class R>
KENNEL_HD decltype(auto) leg_under(const Legs& legs, const Quadruped<R>& loaded, int slot) {
  if constexpr (requires { legs.constants(); }) {
    return legs.constants();
  } else if constexpr (requires { legs.loaded_constants(); }) {
    return (legs.loaded_constants());
  } else {
    return (loaded.leg[legs.leg(slot)]);
  }
}
template <class Legs, class Options>
KENNEL_HD Options solver_under(const Legs& legs, const Options& wanted) {
  if constexpr (requires { legs.kSolver; }) {
    return legs.kSolver;
  } else {
    return wanted;
  }
}

static_assert(std::is_trivially_copyable_v<Quadruped<float>>);

}  // namespace kennel
