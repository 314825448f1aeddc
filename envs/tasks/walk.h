// The walking task: tracks a velocity and a yaw rate.
#pragma once

#include "envs/quadruped/reward.h"
#include "envs/tasks/walk_row.h"

namespace kennel::quadruped {

struct Walk : WalkRow {
  /// Squared width of a tracking kernel: as wide as the command asks. Under a fixed one, wide
  /// enough to teach fast commands, standing still earns nearly everything at slow ones.
  /// \param command2  the command's square
  template <class T>
  static KENNEL_HD T kernel_width(float share, float least, float most, const T& command2) {
    if (share == 0.0f) return T(most);
    return clamp(T(share) * command2, T(least), T(most));
  }

  template <class T, class Legs>
  static KENNEL_HD T track_velocity(const ShapeNumbers& shape, const StepView<T, Legs>& s) {
    const T ex = s.velocity_base.x - s.env.command[0], ey = s.velocity_base.y - s.env.command[1];
    const T width =
        kernel_width(shape[kKernelCommandShare], shape[kVelocitySigma2Min], shape[kVelocitySigma2],
                     square(s.env.command[0]) + square(s.env.command[1]));
    return exp(-(ex * ex + ey * ey) * inverse(width));
  }

  template <class T, class Legs>
  static KENNEL_HD T track_yaw(const ShapeNumbers& shape, const StepView<T, Legs>& s) {
    const T narrow = kernel_width(shape[kKernelCommandShare], shape[kYawSigma2Min],
                                  shape[kYawSigma2], square(s.env.command[2]));
    return two_kernels(square(s.omega_base.z - s.env.command[2]), narrow, shape[kYawWideSigma2]);
  }

  template <class T, class Legs>
  static KENNEL_HD T upright(const StepView<T, Legs>& s) {
    return exp(-(s.up.x * s.up.x + s.up.y * s.up.y + square(s.up.z - T(1))) * T(4));
  }

  /// A tracking kernel whose error's weight grows with the command's age. Paid for from the first
  /// step on, a robot hurries into the new gait until one change in a hundred ends in a fall.
  /// Neither network sees that age.
  template <class T, class Legs>
  static KENNEL_HD T settling(const Task& task, const ShapeNumbers& shape,
                              const StepView<T, Legs>& s, const T& kernel) {
    const float seconds = shape[kSettleSeconds];
    if (seconds == 0.0f) return kernel;
    const T share = min(s.env.command_age * T(task.control_dt / seconds), T(1));
    return T(1) - share * (T(1) - kernel);
  }

  /// 1 where the command is not zero: beyond 0.05 m/s or rad/s.
  template <class T, class Legs>
  static KENNEL_HD T told_to_move(const StepView<T, Legs>& s) {
    const T(&told)[kNumCommands] = s.env.command;
    const T size2 = square(told[0]) + square(told[1]) + square(told[2]);
    return select(size2 > T(0.0025f), T(1), T(0));
  }

  /// A leg's share of each term that sums over joints or feet.
  template <class T, class Legs>
  static KENNEL_HD void leg_terms(const Task& task, const ShapeNumbers& shape, const Legs& legs,
                                  const StepView<T, Legs>& s, int slot, T (&out)[kNumRewards]) {
    const auto& now = s.env.physics.leg[slot];
    const auto& seen = s.leg[slot];
    // For each leg anew: taken out of the loop over legs, the compiler contracts the sums
    // otherwise, and trainings are no longer what they were to the bit.
    const T moves = told_to_move(s), told_to_stand = T(1) - moves;
    const auto off_pose = [&](int j) {
      return now.q[j] - T(task.default_pose[kJointsPerLeg * legs.leg(slot) + j]);
    };
    for (T& value : out) value = T(0);
    out[kTorque] = torque2(s, slot);
    out[kJointAcceleration] = acceleration2(task, s, slot);
    out[kWork] = work(s, slot);
    out[kActionRate] = action_rate2(s, slot);
    out[kActionAcceleration] = action_acceleration2(s, slot);
    out[kStandPose] = told_to_stand * over_joints<T>([&](int j) { return abs(off_pose(j)); });
    out[kStandJointVelocity] =
        told_to_stand * over_joints<T>([&](int j) { return abs(now.qd[j]); });
    out[kSwingTime] = moves * seen.touch_down *
                      clamp(seen.air_time - T(shape[kSwingFrom]), T(0), T(shape[kSwingMost]));
    const bool first_pair = (task.first_pair >> legs.leg(slot)) & 1u;
    out[kTrot] = first_pair ? moves * seen.foot_contact : -moves * seen.foot_contact;
    for (int j = 0; j < kJointsPerLeg; ++j)
      if (j == task.abduction) out[kAbduction] = square(off_pose(j));
    out[kFootSlip] = slip2(task, legs, s, slot);
    out[kElbowContact] = seen.elbow_contact;
  }

  /// Values of all terms, unweighted, in the order of the table.
  template <class T, class Legs>
  static KENNEL_HD void rewards(const Task& task, const Schedule& schedule,
                                const StepView<T, Legs>& s, const Legs& legs,
                                T (&value)[kNumRewards]) {
    T local[Legs::kLocal][kNumRewards];
    for (int slot = 0; slot < Legs::kLocal; ++slot)
      leg_terms(task, schedule.shape, legs, s, slot, local[slot]);
    legs.sum(local, value);
    const ShapeNumbers& shape = schedule.shape;
    value[kTrackVelocity] = settling(task, shape, s, track_velocity(shape, s));
    value[kTrackYaw] = settling(task, shape, s, track_yaw(shape, s));
    value[kUpright] = upright(s);
    value[kVerticalVelocity] = square(s.env.physics.velocity.z);
    value[kRollPitchRate] = square(s.omega_world.x) + square(s.omega_world.y);
    value[kTilt] = s.up.x * s.up.x + s.up.y * s.up.y;
    value[kTrot] = square(value[kTrot]) * T(0.25f);  // was the first pair's less the other's
    value[kFall] = s.fell;
  }

  /// Squared tracking errors, as kRow names them: (m/s)^2, (rad/s)^2.
  template <class T, class Legs>
  static KENNEL_HD void errors2(const Task&, const StepView<T, Legs>& s, T (&out)[2]) {
    const T(&told)[kNumCommands] = s.env.command;
    out[0] = square(s.velocity_base.x - told[0]) + square(s.velocity_base.y - told[1]);
    out[1] = square(s.omega_base.z - told[2]);
  }

  /// Where the episode ends in a fall.
  template <class T, class Legs>
  static KENNEL_HD mask_of<T> fell(const Task& task, const StepView<T, Legs>& s) {
    return has_fallen(task, s);
  }
};

}  // namespace kennel::quadruped
