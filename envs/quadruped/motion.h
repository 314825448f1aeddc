// What a task may show the policy beside a robot's frame (TaskTraits::sees_motion): a trot clock
// where the frame has desired_world_z, and, behind the frame, how fast base and joints move.
#pragma once

#include "envs/quadruped/task.h"

namespace kennel::quadruped {

inline constexpr int kClockAt = offset_in(kFrame, kClockPlace);
inline constexpr int kMotionSize = total_size(kMotion);

/// Whether the task of these numbers shows it.
KENNEL_HD bool sees_motion(const Task& task) {
  return (kTasksThatSeeMotion >> task.config.command.task) & 1u;
}

/// 1 where the robot is told to go anywhere. At rest the clock is hidden, or the robot would march
/// on the spot.
template <class T>
KENNEL_HD T told_to_trot(const T (&told)[kNumCommands]) {
  return select(T(1e-4f) < square(told[0]) + square(told[1]) + square(told[2]), T(1), T(0));
}

/// The trot clock at a control step of the episode: it begins anywhere, and turns kTrotHz a second.
template <class T, class Legs>
KENNEL_HD SinCos<T> clock_angle(const Task& task, const EnvState<T, Legs>& s, const T& step) {
  const auto u = uniform4<T>(task.seed, s.env_id, s.episode, T(0), Purpose::kTrotClock, 0);
  const T turns = u.x[0] + T(kTrotHz * task.control_dt) * step;
  return sincos(T(6.2831853f) * (turns - round(turns)));
}

/// Puts the clock into a frame: put(index, value). After a change of command it shows whether the
/// robot is told to go a control step late.
template <class T, class Legs, class Put>
KENNEL_HD void put_clock(const Task& task, const Legs& legs, const EnvState<T, Legs>& s,
                         Put&& put) {
  if (!legs.leads()) return;
  const T moves = told_to_trot<T>(s.command);
  const SinCos<T> angle = clock_angle(task, s, s.step);
  put(kClockAt, moves * angle.sin);
  put(kClockAt + 1, moves * angle.cos);
  put(kClockAt + 2, moves);
}

/// Makes what follows the frame, in the order of kMotion: put(index, value) for each of kMotionSize
/// numbers.
template <class T, class Legs, class Put>
KENNEL_HD void observe_motion(const Legs& legs, const EnvState<T, Legs>& s, Put&& put) {
  constexpr int kVelocity = offset_in(kMotion, "base_linear_velocity"),
                kJointVelocity = offset_in(kMotion, "joint_velocity");
  const Vec3<T> v = to_inner(rotation(s.physics.orientation), s.physics.velocity);
  if (legs.leads()) {
    put(kVelocity, v.x);
    put(kVelocity + 1, v.y);
    put(kVelocity + 2, v.z);
  }
  for (int slot = 0; slot < Legs::kLocal; ++slot)
    for (int j = 0; j < kJointsPerLeg; ++j)
      put(kJointVelocity + kJointsPerLeg * legs.leg(slot) + j, T(0.1f) * s.physics.leg[slot].qd[j]);
}

/// Adds all of it to an environment's rows: put(index, value) of the policy's and of the critic's.
template <class T, class Legs, class Put, class PutPrivileged>
KENNEL_HD void observe_more(const Task& task, const Legs& legs, const EnvState<T, Legs>& s,
                            Put&& put, PutPrivileged&& put_privileged) {
  put_clock(task, legs, s, put);
  put_clock(task, legs, s, put_privileged);
  observe_motion(legs, s, [&](int i, const T& x) { put(kFrameSize + i, x); });
}

}  // namespace kennel::quadruped
