// The joystick task: trots by a clock and tracks a velocity and a yaw rate.
#pragma once

#include "envs/quadruped/feet.h"
#include "envs/quadruped/motion.h"
#include "envs/quadruped/reward.h"
#include "envs/tasks/joystick_row.h"

namespace kennel::quadruped {

struct Joystick : JoystickRow {
  /// What a foot's height, load and speed earn at this point of its sine.
  /// \param lift  sine of the foot's clock, 0 where the robot is told to stand
  template <class T>
  static KENNEL_HD T gait(const ShapeNumbers& shape, const FootMotion<T>& foot, const T& force,
                          const T& stood, const T& lift, const T& moves) {
    const float width = shape[kSwingWidth];
    const T low = min(foot.height - T(shape[kSwingHeight]) * lift, T(0)),
            high = max(foot.height - T(shape[kCeiling]), T(0));
    const T swing = exp(-force * T(1.0f / shape[kUnloaded]) -
                        (square(low) + square(high)) * T(1.0f / (width * width)));
    const T slip2 = square(foot.velocity.x) + square(foot.velocity.y);
    const T stance = stood * exp(-slip2 * T(1.0f / shape[kSlipSigma2]));
    // A ramp between the two, not a switch.
    const T swings = clamp(T(0.5f) + lift, T(0), T(1)) * moves;
    return swings * swing + (T(1) - swings) * stance;
  }

  /// rad of a joint beyond its share of the limits.
  template <class T, class Hinge>
  static KENNEL_HD T beyond_limits(float share, const Hinge& hinge, const T& q) {
    if (hinge.limits_at_once == 0) return T(0);
    return max(T(share * hinge.range_low) - q, T(0)) + max(q - T(share * hinge.range_high), T(0));
  }

  /// A leg's share of each term that sums over joints or feet.
  /// \param clock  sine of the trot clock, 0 where the robot is told to stand
  template <class T, class Legs>
  static KENNEL_HD void leg_terms(const Task& task, const ShapeNumbers& shape, const Legs& legs,
                                  const StepView<T, Legs>& s, int slot, const T& clock,
                                  const T& moves, T (&out)[kNumRewards]) {
    const auto& now = s.env.physics.leg[slot];
    const auto& seen = s.leg[slot];
    const auto& leg = leg_under(legs, task.model, slot);
    const bool first_pair = (task.first_pair >> legs.leg(slot)) & 1u;
    for (T& value : out) value = T(0);
    // A bounce does not end the stance: the foot stood if it touches now or did a step ago.
    const T stood = select(seen.air_time == T(0), T(1), seen.foot_contact);
    const T force = max(of_foot(leg, s.report.leg[slot].normal_force), T(0));
    out[kGait] = T(0.25f) * gait(shape, foot_motion(task, legs, s.env, slot), force, stood,
                                 first_pair ? -clock : clock, moves);
    for (int j = 0; j < kJointsPerLeg; ++j) {
      const T off = now.q[j] - T(task.default_pose[kJointsPerLeg * legs.leg(slot) + j]);
      out[kPose] += square(off) * T(j == kJointsPerLeg - 1 ? shape[kKneeShare] : 1.0f);
      out[kJointLimits] += beyond_limits(shape[kLimitShare], leg.hinge[j], now.q[j]);
    }
    out[kActionRate] = action_rate2(s, slot);
    out[kLanding] = seen.touch_down * seen.foot_speed2_before;
  }

  /// Values of all terms, unweighted, in the order of the table.
  template <class T, class Legs>
  static KENNEL_HD void rewards(const Task& task, const Schedule& schedule,
                                const StepView<T, Legs>& s, const Legs& legs,
                                T (&value)[kNumRewards]) {
    // What the clock showed when the action was chosen, a control step ago.
    const T moves = told_to_trot<T>(s.env.command);
    const T clock = moves * clock_angle(task, s.env, s.env.step - T(1)).sin;
    T local[Legs::kLocal][kNumRewards];
    for (int slot = 0; slot < Legs::kLocal; ++slot)
      leg_terms(task, schedule.shape, legs, s, slot, clock, moves, local[slot]);
    legs.sum(local, value);
    const ShapeNumbers& shape = schedule.shape;
    T error2[2];
    errors2(task, s, error2);
    value[kTrackVelocity] = exp(-error2[0] * T(1.0f / shape[kVelocitySigma2]));
    value[kTrackYaw] = exp(-error2[1] * T(1.0f / shape[kYawSigma2]));
    value[kPose] = exp(-value[kPose]);
    value[kTilt] = square(s.up.x) + square(s.up.y);
    value[kVerticalVelocity] = square(s.env.physics.velocity.z);
    value[kRollPitchRate] = square(s.omega_base.x) + square(s.omega_base.y);
  }

  /// Squared tracking errors, as kRow names them: m^2/s^2, rad^2/s^2.
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
