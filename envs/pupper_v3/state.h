// What an environment keeps between control steps. Every member is one lane wide (4 bytes an
// environment), so that a backend can treat the struct as a list of fields.
#pragma once

#include "envs/pupper_v3/config.h"
#include "kennel/dynamics/state.h"
#include "kennel/model/env_params.h"

namespace kennel::pupper {

/// Gyro and gravity direction as an IMU reads them, base axes.
template <class T>
struct ImuSample {
  Vec3<T> gyro, gravity;
};

/// In the order in which a control step needs it: physics first (up to imu_early and joint_offset),
/// then reward and command, then the observation. A backend may load each group when its turn comes
/// (kernels/field_layout.h).
template <class T, class Legs>
struct EnvState {
  using U = uint_of<T>;
  PhysicsState<T, Legs> physics;
  EnvParams<T, Legs> params;

  U env_id;                   // keys the random numbers; independent of the slot
  U episode;                  // counts resets
  T step;                     // control steps since the reset
  T action_delay, imu_delay;  // physics steps, of this control step
  T next_action_delay,
      next_imu_delay;      // of the next one; the same within an episode unless latency jitters
  ImuSample<T> imu_early;  // taken one control step early, for delays beyond one

  T command[3];   // vx, vy [m/s], yaw rate [rad/s], base frame
  T command_age;  // control steps since it changed
  T episode_return;

  Vec3<T> imu_tilt;                // rotation vector of the mounting error, rad
  T history[kMaxHistory - 1][12];  // base part of earlier frames, newest first
  struct PerLeg {
    T action[3][kJointsPerLeg];     // a_t, a_{t-1}, a_{t-2}
    T joint_offset[kJointsPerLeg];  // rad, encoder minus joint
    T air_time;                     // s since the foot left the floor, 0 while it touches
    T history[kMaxHistory - 1][2 * kJointsPerLeg];  // joint positions and actions of earlier frames
  } leg[Legs::kLocal];
};

/// Sums over control steps since the last time they were collected, an environment each.
template <class T>
struct EnvStats {
  T reward[kNumRewards];
  T total_reward, steps;
  T falls, timeouts, diverged;
  T finished_return, finished_steps;  // of episodes that ended
  T velocity_error2, yaw_error2,
      tracked;  // control steps at least a second after a change of command
  T contacts;   // spheres on the floor, summed over control steps
};

}  // namespace kennel::pupper
