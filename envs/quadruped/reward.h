// What reward terms look at, and terms that tasks share. A task's own are in envs/tasks. Signs are
// in the weights.
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
  T fell;                             // 1 where the episode ends in a fall
  struct PerLeg {
    T qd_before[kJointsPerLeg];            // rad/s, at the start of the control step
    T foot_contact, touch_down, air_time;  // air_time: s, before touch-down clears it
    T elbow_contact;
    // m^2/s^2 of the foot at the start of the control step; valid where the task sees_landing
    T foot_speed2_before;
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

/// Half narrow, half wide exp(-e^2 / width): the narrow half asks for precision, the wide one
/// slopes where a beginner is.
template <class T>
KENNEL_HD T two_kernels(const T& e2, const T& narrow, float wide) {
  return T(0.5f) * exp(-e2 * inverse(narrow)) + T(0.5f) * exp(-e2 * T(1.0f / wide));
}

/// A sum over a leg's joints: value(j).
template <class T, class F>
KENNEL_HD T over_joints(F&& value) {
  T sum(0);
  for (int j = 0; j < kJointsPerLeg; ++j) sum += value(j);
  return sum;
}

template <class T, class Legs>
KENNEL_HD T torque2(const StepView<T, Legs>& s, int slot) {
  return over_joints<T>([&](int j) { return square(s.report.leg[slot].torque[j]); });
}

/// Of the mean joint accelerations over the control step.
template <class T, class Legs>
KENNEL_HD T acceleration2(const Task& task, const StepView<T, Legs>& s, int slot) {
  const auto& now = s.env.physics.leg[slot];
  return over_joints<T>([&](int j) {
    return square((now.qd[j] - s.leg[slot].qd_before[j]) * T(1.0f / task.control_dt));
  });
}

template <class T, class Legs>
KENNEL_HD T work(const StepView<T, Legs>& s, int slot) {
  return over_joints<T>(
      [&](int j) { return abs(s.report.leg[slot].torque[j] * s.env.physics.leg[slot].qd[j]); });
}

template <class T, class Legs>
KENNEL_HD T action_rate2(const StepView<T, Legs>& s, int slot) {
  const auto& action = s.env.leg[slot].action;
  return over_joints<T>([&](int j) { return square(action[0][j] - action[1][j]); });
}

template <class T, class Legs>
KENNEL_HD T action_acceleration2(const StepView<T, Legs>& s, int slot) {
  const auto& action = s.env.leg[slot].action;
  return over_joints<T>(
      [&](int j) { return square(action[0][j] - T(2) * action[1][j] + action[2][j]); });
}

/// Of a foot on the floor.
template <class T, class Legs>
KENNEL_HD T slip2(const Task& task, const Legs& legs, const StepView<T, Legs>& s, int slot) {
  const Vec3<T> v = of_foot(leg_under(legs, task.model, slot), s.report.leg[slot].velocity);
  return s.leg[slot].foot_contact * (v.x * v.x + v.y * v.y);
}

/// Whether the base has fallen: tilted too far, or too low.
template <class T, class Legs>
KENNEL_HD mask_of<T> has_fallen(const Task& task, const StepView<T, Legs>& s) {
  return either(s.up.z < T(task.cos_max_tilt),
                s.env.physics.position.z < T(task.config.task.min_height));
}

/// The step's reward: control_dt times the sum weighted by the schedule, clipped at zero where the
/// recipe says so.
template <class T, int kTerms>
KENNEL_HD T total_reward(const Task& task, const Schedule& schedule, const T (&value)[kTerms]) {
  T sum(0);
  for (int i = 0; i < kTerms; ++i) sum += T(schedule.weight[i] * task.control_dt) * value[i];
  return task.config.reward.only_positive ? max(sum, T(0)) : sum;
}

}  // namespace kennel::quadruped
