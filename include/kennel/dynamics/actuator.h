// Servos and passive joint forces.
#pragma once

#include "kennel/core/vec3.h"
#include "kennel/model/quadruped.h"

namespace kennel {

/// A servo's torque, and whether its force limit holds it (then its damping does not act).
template <class T>
struct ServoTorque {
  T torque;  // N m
  mask_of<T> saturated;
};

/// Position servo:  tau = strength clamp(kp (target - q) - kd qd, low, high)   [N m]
/// (MuJoCo: gainprm, biasprm and forcerange all scaled by strength). The target is clamped to
/// ctrlrange first, where it has one. A number that is not one stays so on the CPU, in these orders
/// of min and max, and is no torque; on a GPU they drop it, and nobody may hand one in.
template <bool kKnown, class T>
KENNEL_HD ServoTorque<T> servo_torque(const Hinge<scalar_of<T>>& hinge, const T& strength,
                                      const T& kp_factor, const T& kd_factor, const T& target,
                                      const T& q, const T& qd) {
  T goal = target;
  if (!kKnown || hinge.target_low > -INFINITY) goal = max(T(hinge.target_low), goal);
  if (!kKnown || hinge.target_high < INFINITY) goal = min(T(hinge.target_high), goal);
  const T raw = kp_factor * T(hinge.kp) * (goal - q) - kd_factor * T(hinge.kd) * qd;
  const T low(hinge.force_low), high(hinge.force_high);
  return {strength * min(high, max(low, raw)), either(raw <= low, raw >= high)};
}

/// Damping and spring of a joint   [N m]
template <bool kKnown, class T>
KENNEL_HD T passive_torque(const Hinge<scalar_of<T>>& hinge, const T& damping_factor, const T& q,
                           const T& qd) {
  return times<kKnown>(hinge.stiffness, T(hinge.springref) - q) -
         damping_factor * T(hinge.damping) * qd;
}

}  // namespace kennel
