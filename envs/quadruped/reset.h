// A new episode: fresh parameters, a fresh state, a fresh command, empty buffers.
#pragma once

#include "envs/quadruped/command.h"
#include "envs/quadruped/sensors.h"
#include "kennel/dynamics/constraint_weights.h"

namespace kennel::quadruped {

/// Draws the environment's physical parameters.
/// \param own  where the robot is the model's own; the floor is drawn all the same
template <class T, class Legs, class Base, class PerLeg>
KENNEL_HD void draw_params(const RandomizationConfig& c, const Legs& legs, const mask_of<T>& own,
                           Base&& base, PerLeg&& per_leg, EnvParams<T, Legs>& p) {
  const auto factor = [&](const Range& range, const T& u) {
    return select(own, T(1), within(range, u));
  };
  const auto shift = [&](const Range& range, const T& u) {
    return select(own, T(0), within(range, u));
  };
  const auto b0 = base(0), b1 = base(1), b2 = base(2);
  p.base_mass = factor(c.link_mass, b0.x[0]);
  p.base_inertia = factor(c.link_inertia, b0.x[1]);
  p.strength = factor(c.strength, b0.x[2]);
  p.kp = factor(c.kp, b0.x[3]);
  p.kd = factor(c.kd, b1.x[0]);
  p.base_com_shift = {shift(c.base_com_x, b1.x[1]), shift(c.base_com_y, b1.x[2]),
                      shift(c.base_com_z, b1.x[3])};
  p.frictionloss = factor(c.joint_friction, b2.x[0]);
  p.damping = factor(c.damping, b2.x[1]);
  p.armature = factor(c.armature, b2.x[2]);
  const T friction = within(c.friction, b2.x[3]);
  for (int slot = 0; slot < Legs::kLocal; ++slot) {
    const auto mass = per_leg(legs.leg(slot), 0), inertia = per_leg(legs.leg(slot), 1);
    for (int j = 0; j < kJointsPerLeg; ++j) {
      p.leg[slot].mass[j] = factor(c.link_mass, mass.x[j]);
      p.leg[slot].inertia[j] = factor(c.link_inertia, inertia.x[j]);
    }
    for (int s = 0; s < Legs::kPoints; ++s) p.leg[slot].friction[s] = friction;
    p.leg[slot].set_nominal_weights();
  }
}

/// Draws the state the episode starts in: near the default pose, any heading.
template <class T, class Legs, class Base, class PerLeg>
KENNEL_HD void draw_start(const Task& task, const Legs& legs, Base&& base, PerLeg&& per_leg,
                          PhysicsState<T, Legs>& s) {
  const auto& c = task.config.randomization;
  const auto b3 = base(3), b4 = base(4), b5 = base(5);
  const T half(0.5f);
  const SinCos<T> roll = sincos(half * within(c.start_tilt, b3.x[0])),
                  pitch = sincos(half * within(c.start_tilt, b3.x[1]));
  const SinCos<T> yaw = sincos(symmetric(1.57079633f, b3.x[2]));  // half of +-pi
  const Quat<T> heading{yaw.cos, T(0), T(0), yaw.sin};
  const Quat<T> tilt =
      Quat<T>{pitch.cos, T(0), pitch.sin, T(0)} * Quat<T>{roll.cos, roll.sin, T(0), T(0)};
  s.position = {T(0), T(0), within(c.start_height, b3.x[3])};
  s.orientation = normalised(heading * tilt);
  s.velocity = {within(c.start_velocity, b4.x[0]), within(c.start_velocity, b4.x[1]),
                within(c.start_velocity, b4.x[2])};
  s.omega = {within(c.start_velocity, b4.x[3]), within(c.start_velocity, b5.x[0]),
             within(c.start_velocity, b5.x[1])};
  s.lin_acc = s.ang_acc = {T(0), T(0), T(0)};
  for (int slot = 0; slot < Legs::kLocal; ++slot) {
    const int leg = legs.leg(slot);
    const auto u = per_leg(leg, 2);
    for (int j = 0; j < kJointsPerLeg; ++j) {
      s.leg[slot].q[j] =
          T(task.default_pose[kJointsPerLeg * leg + j]) + within(c.start_joint, u.x[j]);
      s.leg[slot].qd[j] = s.leg[slot].qacc[j] = T(0);
    }
  }
}

/// Clears what remembers the past: actions are zero, the history is what the robot's controller
/// starts with (zeros, gravity straight down), and delay slots hold the reset state.
template <class T, class Legs, class History>
KENNEL_HD void clear_buffers(const Legs& legs, EnvState<T, Legs>& s, History& history) {
  const T zero(0);
  s.command_age = s.episode_return = zero;
  s.imu_early = true_imu(s.physics);
  constexpr int kGravityZ = offset_in(kFrame, "projected_gravity") + 2;
  constexpr int kJoint = offset_in(kFrame, "joint_position"),
                kAction = offset_in(kFrame, "last_action");
  if (legs.leads())
    for (int f = 0; f < History::kFrames; ++f)
      for (int i = 0; i < kBaseFrameSize; ++i) history.at(f, i) = i == kGravityZ ? T(-1) : zero;
  for (int slot = 0; slot < Legs::kLocal; ++slot) {
    auto& own = s.leg[slot];
    for (int age = 0; age < 3; ++age)
      for (int j = 0; j < kJointsPerLeg; ++j) own.action[age][j] = zero;
    own.air_time = zero;
    for (int f = 0; f < History::kFrames; ++f)
      for (int j = 0; j < kJointsPerLeg; ++j) {
        const int k = kJointsPerLeg * legs.leg(slot) + j;
        history.at(f, kJoint + k) = history.at(f, kAction + k) = zero;
      }
  }
}

/// Weighs the constraints of an environment anew where the recipe asks for it; part of a reset. It
/// sums over legs, so in a warp all threads call it, also those of environments that go on, for
/// which it changes nothing.
template <class T, class Legs>
KENNEL_HD void weigh_constraints(const Task& task, const Legs& legs, EnvState<T, Legs>& s) {
  if constexpr (!kKnownConstants<Legs>)
    if (task.config.randomization.exact_invweight)
      set_exact_weights<T, Legs>(task.model, legs, s.params);
}

/// Starts the episode whose number is in `s.episode`, of the environment `s.env_id`.
template <class T, class Legs, class History>
KENNEL_HD void reset_env(const Task& task, const Legs& legs, EnvState<T, Legs>& s,
                         History& history) {
  const auto& c = task.config.randomization;
  const T zero(0);
  const auto base = [&](int block) {
    return uniform4<T>(task.seed, s.env_id, s.episode, zero, Purpose::kReset, block);
  };
  const auto per_leg = [&](int leg, int block) { return base(16 + 4 * leg + block); };
  const auto b6 = base(6);
  draw_params<T, Legs>(c, legs, b6.x[3] < T(c.nominal_fraction), base, per_leg, s.params);
  draw_start<T, Legs>(task, legs, base, per_leg, s.physics);

  s.step = first_clock(task, s);
  const auto b5 = base(5), b7 = base(7), b8 = base(8);
  const float timestep = task.model.timestep;
  s.action_delay = s.next_action_delay = latency_steps(c.action_latency, timestep, b5.x[2]);
  s.imu_delay = s.next_imu_delay = latency_steps(c.imu_latency, timestep, b5.x[3]);
  s.imu_tilt = {within(c.imu_tilt, b6.x[0]), within(c.imu_tilt, b6.x[1]),
                within(c.imu_tilt, b6.x[2])};
  draw_command(task.config.command, b7.x, b8.x, s.command);
  for (int slot = 0; slot < Legs::kLocal; ++slot) {
    const auto u = per_leg(legs.leg(slot), 3);
    for (int j = 0; j < kJointsPerLeg; ++j)
      s.leg[slot].joint_offset[j] = within(c.joint_offset, u.x[j]);
  }
  clear_buffers(legs, s, history);
}

}  // namespace kennel::quadruped
