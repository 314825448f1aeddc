// The pose task: stands on the spot and holds the body at a pitch, a roll and a height.
#pragma once

#include "envs/quadruped/reward.h"
#include "envs/tasks/pose_row.h"

namespace kennel::quadruped {

struct Pose : PoseRow {
  /// |up - told|^2 of the world's z axis in base axes: the angle between the two, squared, to
  /// second order.
  template <class T, class Legs>
  static KENNEL_HD T tilt_error2(const StepView<T, Legs>& s) {
    const SinCos<T> pitch = sincos(s.env.command[0]), roll = sincos(s.env.command[1]);
    return square(s.up.x + pitch.sin) + square(s.up.y - roll.sin * pitch.cos) +
           square(s.up.z - roll.cos * pitch.cos);
  }

  /// m of the base off the height that it is told.
  template <class T, class Legs>
  static KENNEL_HD T height_error(const Task& task, const StepView<T, Legs>& s) {
    return s.env.physics.position.z - T(task.stance_height) - s.env.command[2];
  }

  /// A leg's share of each term that sums over joints or feet.
  template <class T, class Legs>
  static KENNEL_HD void leg_terms(const Task& task, const Legs& legs, const StepView<T, Legs>& s,
                                  int slot, T (&out)[kNumRewards]) {
    for (T& value : out) value = T(0);
    out[kTorque] = torque2(s, slot);
    out[kJointAcceleration] = acceleration2(task, s, slot);
    out[kActionRate] = action_rate2(s, slot);
    out[kLiftedFeet] = T(1) - s.leg[slot].foot_contact;
    out[kFootSlip] = slip2(task, legs, s, slot);
    out[kElbowContact] = s.leg[slot].elbow_contact;
  }

  /// Values of all terms, unweighted, in the order of the table.
  template <class T, class Legs>
  static KENNEL_HD void rewards(const Task& task, const Schedule& schedule,
                                const StepView<T, Legs>& s, const Legs& legs,
                                T (&value)[kNumRewards]) {
    T local[Legs::kLocal][kNumRewards];
    for (int slot = 0; slot < Legs::kLocal; ++slot) leg_terms(task, legs, s, slot, local[slot]);
    legs.sum(local, value);
    const ShapeNumbers& shape = schedule.shape;
    const auto& v = s.env.physics.velocity;
    value[kTrackTilt] = two_kernels(tilt_error2(s), T(shape[kTiltSigma2]), shape[kTiltWideSigma2]);
    value[kTrackHeight] =
        two_kernels(square(height_error(task, s)), T(shape[kHeightSigma] * shape[kHeightSigma]),
                    shape[kHeightWideSigma] * shape[kHeightWideSigma]);
    value[kDrift] = square(v.x) + square(v.y);
    value[kYawRate] = square(s.omega_base.z);
    value[kVerticalVelocity] = square(v.z);
    value[kRollPitchRate] = square(s.omega_world.x) + square(s.omega_world.y);
    value[kFall] = s.fell;
  }

  /// Squared tracking errors, as kRow names them: rad^2, m^2.
  template <class T, class Legs>
  static KENNEL_HD void errors2(const Task& task, const StepView<T, Legs>& s, T (&out)[2]) {
    out[0] = tilt_error2(s);
    out[1] = square(height_error(task, s));
  }

  /// Where the episode ends in a fall.
  template <class T, class Legs>
  static KENNEL_HD mask_of<T> fell(const Task& task, const StepView<T, Legs>& s) {
    return has_fallen(task, s);
  }
};

}  // namespace kennel::quadruped
