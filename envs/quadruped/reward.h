// The reward terms as free functions of a step. To add one: a name, weight and doc in
// reward_table.h, a function here, a case in `reward_value`. Signs are in the weights.
#pragma once

#include "envs/quadruped/task.h"

namespace kennel::quadruped {

/// What reward terms may look at: the state after a control step, and what happened in it.
template <class T, class Legs>
struct StepView {
  const EnvState<T, Legs>& env;
  const StepReport<T, Legs>& report;  // of the last physics step
  Vec3<T> velocity_base, omega_base;  // m/s and rad/s, base axes
  Vec3<T> omega_world;                // rad/s
  Vec3<T> up;                         // the world's z axis in base axes
  T told_to_move;                     // 1 where the command is not zero
  T fell;                             // 1 where the episode ends in a fall
  struct PerLeg {
    T qd_before[kJointsPerLeg];            // rad/s, at the start of the control step
    T foot_contact, touch_down, air_time;  // air_time: s, before touch-down clears it
    T elbow_contact;
  } leg[Legs::kLocal];
};

/// A sum over the legs of a per-leg number.
template <class T, class Legs, class F>
KENNEL_HD T over_legs(const Legs& legs, F&& value) {
  T local[Legs::kLocal][1], sum[1];
  for (int slot = 0; slot < Legs::kLocal; ++slot) local[slot][0] = value(slot);
  legs.sum(local, sum);
  return sum[0];
}

/// Squared width of a tracking kernel: as wide as the command asks. Under a fixed one, wide enough
/// to teach fast commands, standing still earns nearly everything at slow ones.
/// \param command2  the command's square
template <class T>
KENNEL_HD T kernel_width(float share, float least, float most, const T& command2) {
  if (share == 0.0f) return T(most);
  return clamp(T(share) * command2, T(least), T(most));
}

template <class T, class Legs>
KENNEL_HD T track_velocity(const RewardConfig& c, const StepView<T, Legs>& s) {
  const T ex = s.velocity_base.x - s.env.command[0], ey = s.velocity_base.y - s.env.command[1];
  const T width = kernel_width(c.kernel_command_share, c.velocity_sigma2_min, c.velocity_sigma2,
                               square(s.env.command[0]) + square(s.env.command[1]));
  return exp(-(ex * ex + ey * ey) * inverse(width));
}

template <class T, class Legs>
KENNEL_HD T track_yaw(const RewardConfig& c, const StepView<T, Legs>& s) {
  const T e2 = square(s.omega_base.z - s.env.command[2]);
  const T narrow = kernel_width(c.kernel_command_share, c.yaw_sigma2_min, c.yaw_sigma2,
                                square(s.env.command[2]));
  return T(0.5f) * exp(-e2 * inverse(narrow)) + T(0.5f) * exp(-e2 * T(1.0f / c.yaw_wide_sigma2));
}

template <class T, class Legs>
KENNEL_HD T upright(const StepView<T, Legs>& s) {
  return exp(-(s.up.x * s.up.x + s.up.y * s.up.y + square(s.up.z - T(1))) * T(4));
}

/// A leg's share of each term that sums over joints or feet.
template <class T, class Legs>
KENNEL_HD void leg_terms(const Task& task, const Legs& legs, const StepView<T, Legs>& s, int slot,
                         T (&out)[kNumRewards]) {
  const int leg = legs.leg(slot);
  const auto& now = s.env.physics.leg[slot];
  const auto& own = s.env.leg[slot];
  const auto& seen = s.leg[slot];
  const auto& report = s.report.leg[slot];
  for (T& value : out) value = T(0);
  for (int j = 0; j < kJointsPerLeg; ++j) {
    out[kTorque] += square(report.torque[j]);
    out[kJointAcceleration] += square((now.qd[j] - seen.qd_before[j]) * T(1.0f / task.control_dt));
    out[kWork] += abs(report.torque[j] * now.qd[j]);
    out[kActionRate] += square(own.action[0][j] - own.action[1][j]);
    out[kStandPose] += abs(now.q[j] - T(task.default_pose[kJointsPerLeg * leg + j]));
    out[kStandJointVelocity] += abs(now.qd[j]);
  }
  const T told_to_stand = T(1) - s.told_to_move;
  out[kStandPose] *= told_to_stand;
  out[kStandJointVelocity] *= told_to_stand;
  out[kSwingTime] = s.told_to_move * seen.touch_down *
                    clamp(seen.air_time - T(task.config.reward.swing_from), T(0),
                          T(task.config.reward.swing_most));
  for (int j = 0; j < kJointsPerLeg; ++j)
    if (j == task.abduction)
      out[kAbduction] = square(now.q[j] - T(task.default_pose[kJointsPerLeg * leg + j]));
  const Vec3<T> v = of_foot(leg_under(legs, task.model, slot), report.velocity);
  out[kFootSlip] = seen.foot_contact * (v.x * v.x + v.y * v.y);
  out[kElbowContact] = seen.elbow_contact;
}

/// Values of all terms, unweighted, in the order of the table.
template <class T, class Legs>
KENNEL_HD void reward_values(const Task& task, const StepView<T, Legs>& s, const Legs& legs,
                             T (&value)[kNumRewards]) {
  const RewardConfig& c = task.config.reward;
  T local[Legs::kLocal][kNumRewards];
  for (int slot = 0; slot < Legs::kLocal; ++slot) leg_terms(task, legs, s, slot, local[slot]);
  legs.sum(local, value);
  value[kTrackVelocity] = track_velocity(c, s);
  value[kTrackYaw] = track_yaw(c, s);
  value[kUpright] = upright(s);
  value[kVerticalVelocity] = square(s.env.physics.velocity.z);
  value[kRollPitchRate] = square(s.omega_world.x) + square(s.omega_world.y);
  value[kTilt] = s.up.x * s.up.x + s.up.y * s.up.y;
  value[kFall] = s.fell;
}

/// The step's reward: control_dt times the sum weighted by the schedule, clipped at zero where the
/// recipe says so.
template <class T>
KENNEL_HD T total_reward(const Task& task, const Schedule& schedule,
                         const T (&value)[kNumRewards]) {
  T sum(0);
  for (int i = 0; i < kNumRewards; ++i) sum += T(schedule.weight[i] * task.control_dt) * value[i];
  return task.config.reward.only_positive ? max(sum, T(0)) : sum;
}

}  // namespace kennel::quadruped
