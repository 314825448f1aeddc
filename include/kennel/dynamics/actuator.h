// What drives a joint, and passive joint forces.
#pragma once

#include "kennel/core/vec3.h"
#include "kennel/model/quadruped.h"

namespace kennel {

/// A drive's torque, and by how much of it the joint's speed is damped: by none where the force
/// limit holds it.
template <class T>
struct DriveTorque {
  T torque;   // N m
  T damping;  // N m s/rad
};

/// Position servo:  tau = strength clamp(kp (target - q) - kd qd, low, high)   [N m]
/// (MuJoCo: gainprm, biasprm and forcerange all scaled by strength). The target is clamped to
/// ctrlrange first, where it has one. A number that is not one stays so on the CPU, in these orders
/// of min and max, and is no torque; on a GPU they drop it, and nobody may hand one in.
template <bool kKnown, class T>
KENNEL_HD DriveTorque<T> servo_torque(const Hinge<scalar_of<T>>& hinge, const T& strength,
                                      const T& kp_factor, const T& kd_factor, const T& target,
                                      const T& q, const T& qd) {
  T goal = target;
  if (!kKnown || hinge.target_low > -INFINITY) goal = max(T(hinge.target_low), goal);
  if (!kKnown || hinge.target_high < INFINITY) goal = min(T(hinge.target_high), goal);
  const T raw = kp_factor * T(hinge.kp) * (goal - q) - kd_factor * T(hinge.kd) * qd;
  const T low(hinge.force_low), high(hinge.force_high);
  return {strength * min(high, max(low, raw)),
          select(either(raw <= low, raw >= high), T(0), strength * kd_factor * T(hinge.kd))};
}

/// Any drive:
///   tau = strength clamp((gain + gain_q q + gain_qd qd) ctrl + bias - kp q - kd qd, low, high)
/// [N m]. The kp factor scales gain and kp, the kd factor kd, as in a servo.
template <class T>
KENNEL_RARE DriveTorque<T> drive_torque(const Hinge<scalar_of<T>>& hinge, const T& strength,
                                        const T& kp_factor, const T& kd_factor, const T& ctrl,
                                        const T& q, const T& qd) {
  const T u = min(T(hinge.target_high), max(T(hinge.target_low), ctrl));
  const T gain = T(hinge.gain) + T(hinge.gain_q) * q + T(hinge.gain_qd) * qd;
  const T raw =
      kp_factor * (gain * u - T(hinge.kp) * q) + T(hinge.bias) - kd_factor * T(hinge.kd) * qd;
  const T low(hinge.force_low), high(hinge.force_high);
  const T damping = kd_factor * T(hinge.kd) - kp_factor * T(hinge.gain_qd) * u;
  return {strength * min(high, max(low, raw)),
          select(either(raw <= low, raw >= high), T(0), strength * damping)};
}

/// Damping and spring of a joint   [N m]
template <bool kKnown, class T>
KENNEL_HD T passive_torque(const Hinge<scalar_of<T>>& hinge, const T& damping_factor, const T& q,
                           const T& qd) {
  return times<kKnown>(hinge.stiffness, T(hinge.springref) - q) -
         damping_factor * T(hinge.damping) * qd;
}

}  // namespace kennel
