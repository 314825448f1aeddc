// One control step of an environment: action and latency, physics, command, reward, termination.
//
//   queue_action, push, draw_delays
//   simulate       decimation physics steps, each with the action that has arrived by then; the IMU
//                  is sampled on the way
//   look           what happened, for the reward terms, the fall and the statistics
//   draw_change    perhaps a new command
// Observation (sensors.h) and reset (reset.h) follow in the backend, which knows where the results
// go.
#pragma once

#include "envs/quadruped/command.h"
#include "envs/quadruped/feet.h"
#include "envs/quadruped/motion.h"
#include "envs/quadruped/push.h"
#include "envs/quadruped/reward.h"
#include "envs/quadruped/sensors.h"
#include "envs/tasks/tasks.h"
#include "kennel/dynamics/step.h"

namespace kennel::quadruped {

/// How a control step ended. 1 or 0 per lane.
template <class T>
struct StepOutcome {
  T reward;
  T terminated;  // fell or diverged
  T timed_out;   // ran out of time; never together with terminated
  CommandChange<T>
      change;  // a new command from the next control step on; not where the episode ended
  T diverged;
  ImuSample<T> imu;  // the sample that reaches the controller now
};

/// Draws the next control step's delays, where they jitter: one step early, because an IMU sample
/// older than a control step has to be taken before the step that uses it.
template <class T, class Legs>
KENNEL_HD void draw_delays(const Task& task, EnvState<T, Legs>& s) {
  const auto& c = task.config.randomization;
  s.action_delay = s.next_action_delay;
  s.imu_delay = s.next_imu_delay;
  if (!c.latency_jitter) return;
  const auto u = uniform4<T>(task.seed, s.env_id, s.episode, s.step, Purpose::kLatency, 0);
  s.next_action_delay = latency_steps(c.action_latency, task.model.timestep, u.x[0]);
  s.next_imu_delay = latency_steps(c.imu_latency, task.model.timestep, u.x[1]);
}

/// Servo targets of the action that has arrived by physics step k of this control step: a_{t -
/// ceil(max(0, delay - k) / n)}. The encoder's zero error shifts what the servo holds.
template <class T, class Legs>
KENNEL_HD void arrived_targets(const Task& task, const Legs& legs, int k,
                               const EnvState<T, Legs>& s,
                               T (&target)[Legs::kLocal][kJointsPerLeg]) {
  const T behind = s.action_delay - T(static_cast<float>(k));
  const auto one_old = T(0) < behind;
  const auto two_old = T(static_cast<float>(task.config.task.decimation)) < behind;
  const T scale(task.config.task.action_scale);
  for (int slot = 0; slot < Legs::kLocal; ++slot)
    for (int j = 0; j < kJointsPerLeg; ++j) {
      const auto& own = s.leg[slot];
      const int joint = kJointsPerLeg * legs.leg(slot) + j;
      const T a =
          select(two_old, own.action[2][j], select(one_old, own.action[1][j], own.action[0][j]));
      target[slot][j] = clamp(T(task.default_pose[joint]) + scale * a, T(task.target_low[joint]),
                              T(task.target_high[joint])) -
                        own.joint_offset[j];
    }
}

/// Runs the physics steps of a control step.
/// \param arriving  receives the IMU sample that reaches the controller at their end
template <class T, class Legs>
KENNEL_HD void simulate(const Task& task, const Legs& legs, EnvState<T, Legs>& s,
                        ImuSample<T>& arriving, StepReport<T, Legs>& report) {
  const int n = task.config.task.decimation;
  arriving = s.imu_early;  // what a delay of more than a control step brings
  for (int k = 0; k < n; ++k) {
    // A delay of 1..n is sampled in this step, one of n+1..2n a step ahead.
    const auto now = s.imu_delay == T(static_cast<float>(n - k));
    const auto ahead = s.next_imu_delay == T(static_cast<float>(2 * n - k));
    if (anywhere(legs, either(now, ahead))) {
      const ImuSample<T> sample = true_imu(s.physics);
      arriving = select_sample<T>(now, sample, arriving);
      s.imu_early = select_sample<T>(ahead, sample, s.imu_early);
    }
    T target[Legs::kLocal][kJointsPerLeg];
    arrived_targets(task, legs, k, s, target);
    kennel::step<T, Legs>(robot_under(legs, task.model), solver_under(legs, task.solver), s.params,
                          target, legs, s.physics, report);
  }
  arriving = select_sample<T>(s.imu_delay == T(0), true_imu(s.physics), arriving);
}

/// A number that is finite exactly where the whole state is, and below 1000 m/s or rad/s where it
/// moves.
template <class T, class Legs>
KENNEL_HD mask_of<T> state_is_sane(const PhysicsState<T, Legs>& p, const Legs& legs) {
  const T base = dot(p.velocity, p.velocity) + dot(p.omega, p.omega) +
                 T(0) * (p.position.x + p.position.y + p.position.z) +
                 T(0) * (p.orientation.w + p.orientation.x + p.orientation.y + p.orientation.z);
  const T joints = over_legs<T>(legs, [&](int slot) {
    const auto& leg = p.leg[slot];
    T sum(0);
    for (int j = 0; j < kJointsPerLeg; ++j)
      sum += leg.qd[j] * leg.qd[j] + T(0) * (leg.q[j] + leg.qacc[j]);
    return sum;
  });
  return base + joints < T(1e6f);  // false for NaN and infinity
}

/// Puts the new action into its queue, clipped to [-1, 1]; what is not finite becomes zero.
/// \return where all of its numbers are finite
template <class T, class Legs>
KENNEL_HD mask_of<T> queue_action(const Legs& legs, const T (&action)[Legs::kLocal][kJointsPerLeg],
                                  EnvState<T, Legs>& s) {
  const T bad = over_legs<T>(legs, [&](int slot) {
    T sum(0);
    for (int j = 0; j < kJointsPerLeg; ++j) sum += select(isfinite(action[slot][j]), T(0), T(1));
    return sum;
  });
  for (int slot = 0; slot < Legs::kLocal; ++slot)
    for (int j = 0; j < kJointsPerLeg; ++j) {
      auto& queue = s.leg[slot].action;
      queue[2][j] = queue[1][j];
      queue[1][j] = queue[0][j];
      queue[0][j] = clamp(select(isfinite(action[slot][j]), action[slot][j], T(0)), T(-1), T(1));
    }
  return bad == T(0);
}

/// Fills what reward terms see of the state after the physics steps; counts the feet's air time.
template <class T, class Legs>
KENNEL_HD void look(const Task& task, const Legs& legs, const StepReport<T, Legs>& report,
                    EnvState<T, Legs>& s, StepView<T, Legs>& view) {
  const T zero(0), one(1);
  const Rotation<T> R_wb = rotation(s.physics.orientation);
  view.up = up_in_base(s.physics.orientation);
  view.velocity_base = to_inner(R_wb, s.physics.velocity);
  view.omega_base = s.physics.omega;
  view.omega_world = R_wb * s.physics.omega;
  for (int slot = 0; slot < Legs::kLocal; ++slot) {
    auto& own = s.leg[slot];
    auto& seen = view.leg[slot];
    const auto& leg = leg_under(legs, task.model, slot);
    const auto& distance = report.leg[slot].distance;
    const auto touching = of_foot(leg, distance) < T(0.001f);
    seen.foot_contact = select(touching, one, zero);
    seen.air_time = own.air_time;
    seen.touch_down = select(both(touching, zero < own.air_time), one, zero);
    seen.elbow_contact = select(of_elbow(leg, distance) < zero, one, zero);
    own.air_time = select(touching, zero, own.air_time + T(task.control_dt));
  }
}

/// Adds a control step to the sums.
/// \param sane  where the environment did not diverge
template <class Goal, class T, class Legs>
KENNEL_HD void count_step(const Task& task, const Legs& legs, const mask_of<T>& sane,
                          const StepView<T, Legs>& view, const T (&value)[Goal::kNumRewards],
                          const StepOutcome<T>& out, EnvStats<T>& stats) {
  const T zero(0), one(1);
  const EnvState<T, Legs>& s = view.env;
  const auto tracked = both(sane, T(1.0f / task.control_dt) <= s.command_age);
  const T contacts = over_legs<T>(
      legs, [&](int slot) { return view.leg[slot].foot_contact + view.leg[slot].elbow_contact; });
  const T done = out.terminated + out.timed_out;
  for (int i = 0; i < Goal::kNumRewards; ++i) stats.reward[i] += value[i];
  stats.total_reward += out.reward;
  stats.steps += one;
  stats.falls += out.terminated;
  stats.timeouts += out.timed_out;
  stats.diverged += out.diverged;
  stats.finished_return += done * s.episode_return;
  const auto ended = zero < done;
  if (any(ended)) stats.finished_steps += select(ended, s.step - first_clock(task, s), zero);
  stats.contacts += select(sane, contacts, zero);
  T error2[2];
  Goal::errors2(task, view, error2);
  for (int i = 0; i < 2; ++i) stats.error2[i] += select(tracked, error2[i], zero);
  stats.tracked += select(tracked, one, zero);
}

/// What the physics half of a control step hands to its second half.
template <class T, class Legs>
struct Simulated {
  mask_of<T> finite_action;
  ImuSample<T> imu;  // the sample that reaches the controller now
  T qd_before[Legs::kLocal][kJointsPerLeg];
  T foot_speed2[Legs::kLocal];  // of StepView::PerLeg
};

/// First half of a control step: the action, a push, the physics.
/// \tparam Goal  the task's text, of envs/tasks
template <class Goal, class T, class Legs>
KENNEL_HD void simulate_step(const Task& task, const Legs& legs,
                             const T (&action)[Legs::kLocal][kJointsPerLeg], EnvState<T, Legs>& s,
                             Simulated<T, Legs>& out, StepReport<T, Legs>& report) {
  fill_with_nan(out);
  for (int slot = 0; slot < Legs::kLocal; ++slot)
    for (int j = 0; j < kJointsPerLeg; ++j) out.qd_before[slot][j] = s.physics.leg[slot].qd[j];
  if constexpr (Goal::kRow.traits.sees_landing)
    for (int slot = 0; slot < Legs::kLocal; ++slot) {
      const Vec3<T> v = foot_motion(task, legs, s, slot).velocity;
      out.foot_speed2[slot] = dot(v, v);
    }
  out.finite_action = queue_action(legs, action, s);
  push(task, s);
  draw_delays(task, s);
  simulate(task, legs, s, out.imu, report);
  s.step = s.step + T(1);
}

/// Second half: reward, fall, time-out, a new command, statistics.
/// \tparam Goal  the task's text, of envs/tasks
template <class Goal, class T, class Legs>
KENNEL_HD StepOutcome<T> judge_step(const Task& task, const Schedule& schedule, const Legs& legs,
                                    const Simulated<T, Legs>& simulated, EnvState<T, Legs>& s,
                                    const StepReport<T, Legs>& report, EnvStats<T>& stats) {
  const T zero(0), one(1);
  StepOutcome<T> out;
  out.imu = simulated.imu;
  StepView<T, Legs> view{s, report, {}, {}, {}, {}, {}, {}};
  for (int slot = 0; slot < Legs::kLocal; ++slot)
    for (int j = 0; j < kJointsPerLeg; ++j)
      view.leg[slot].qd_before[j] = simulated.qd_before[slot][j];
  if constexpr (Goal::kRow.traits.sees_landing)
    for (int slot = 0; slot < Legs::kLocal; ++slot)
      view.leg[slot].foot_speed2_before = simulated.foot_speed2[slot];
  look(task, legs, report, s, view);
  const auto sane = both(state_is_sane(s.physics, legs), simulated.finite_action);
  const auto fell = Goal::fell(task, view);
  out.diverged = select(sane, zero, one);
  out.terminated = select(sane, select(fell, one, zero), one);
  out.timed_out = select(T(task.episode_steps) <= s.step, one - out.terminated, zero);
  view.fell = out.terminated;

  T value[Goal::kNumRewards];
  Goal::rewards(task, schedule, view, legs, value);
  for (T& v : value) v = select(sane, v, zero);
  out.reward = total_reward(task, schedule, value);
  s.episode_return = s.episode_return + out.reward;
  count_step<Goal, T, Legs>(task, legs, sane, view, value, out, stats);

  s.command_age = s.command_age + one;
  out.change = draw_change(task, schedule.commands_change != 0, s);
  out.change.changed = out.change.changed * (one - out.terminated - out.timed_out);
  return out;
}

/// Advances an environment by one control step.
/// \param action  of the legs held here, clipped to [-1, 1] here; a number that is not finite
/// counts as divergence
template <class Goal, class T, class Legs>
KENNEL_HD StepOutcome<T> control_step(const Task& task, const Schedule& schedule, const Legs& legs,
                                      const T (&action)[Legs::kLocal][kJointsPerLeg],
                                      EnvState<T, Legs>& s, StepReport<T, Legs>& report,
                                      EnvStats<T>& stats) {
  Simulated<T, Legs> simulated;
  simulate_step<Goal>(task, legs, action, s, simulated, report);
  return judge_step<Goal>(task, schedule, legs, simulated, s, report, stats);
}

}  // namespace kennel::quadruped
