// What an environment keeps between control steps. Every member is one lane wide (4 bytes an
// environment), so that a backend can treat the struct as a list of fields.
#pragma once

#include <cstddef>

#include "envs/quadruped/config.h"
#include "kennel/dynamics/state.h"
#include "kennel/model/env_params.h"

namespace kennel::quadruped {

/// Gyro and gravity direction as an IMU reads them, base axes.
template <class T>
struct ImuSample {
  Vec3<T> gyro, gravity;
};

template <class T, class Legs>
struct EnvState {
  using U = uint_of<T>;
  using N = number_of<T>;
  PhysicsState<T, Legs> physics;

  U env_id;                   // keys the random numbers; independent of the slot
  U episode;                  // counts resets
  N step;                     // control steps since the reset
  N action_delay, imu_delay;  // physics steps, of this control step
  N next_action_delay,
      next_imu_delay;      // of the next one; the same within an episode unless latency jitters
  ImuSample<T> imu_early;  // taken one control step early, for delays beyond one

  T command[kNumCommands];  // what the task's row says
  N command_age;            // control steps since it changed
  T episode_return;

  Vec3<T> imu_tilt;  // rotation vector of the mounting error, rad
  struct PerLeg {
    T action[3][kJointsPerLeg];     // a_t, a_{t-1}, a_{t-2}
    T joint_offset[kJointsPerLeg];  // rad, encoder minus joint
    T air_time;                     // s since the foot left the floor, 0 while it touches
  } leg[Legs::kLocal];

  EnvParams<T, Legs> params;
};

/// Frames that the robot's controller has seen, newest first; those of the last control step and of
/// the ones before it.
template <class T>
struct FrameHistory {
  static constexpr int kFrames = kMaxHistory - 1;
  T frame[kFrames][kFrameSize];

  // A backend whose history lies elsewhere has this function as well.
  KENNEL_HD T& at(int age, int i) { return frame[age][i]; }
};

/// What one environment takes of the device's memory, bytes.
struct EnvBytes {
  std::size_t kept = 0;    // between steps: state, parameters, command, latency, history
  std::size_t output = 0;  // its rows of StepBuffers
};

/// \param points  spheres a leg, of the robot's program: kFewPoints or kMaxPoints
inline EnvBytes bytes_per_env(const EnvConfig& config, int points = kFewPoints) {
  const std::size_t numbers = observation_size(config) + kPrivilegedSize;
  const std::size_t width = config.task.bfloat16_obs ? 2 : 4, scalars = 3 * sizeof(float);
  const std::size_t state = points == kFewPoints ? sizeof(EnvState<float, AllLegs>)
                                                 : sizeof(EnvState<float, ManyPoints<AllLegs>>);
  return {state + sizeof(FrameHistory<float>), 2 * numbers * width + scalars};
}

/// Sums over control steps since the last time they were collected, an environment each.
template <class T>
struct EnvStats {
  T total_reward, steps;
  T falls, timeouts, diverged;
  T finished_return, finished_steps;  // of episodes that ended
  T error2[2], tracked;               // control steps at least a second after a change of command
  T contacts;                         // feet and elbows on the floor, summed over control steps
  T reward[kMaxRewards];  // of the task's terms; last, so that a backend may leave out the others
};

static_assert(offsetof(EnvStats<float>, reward) ==
              sizeof(EnvStats<float>) - kMaxRewards * sizeof(float));

}  // namespace kennel::quadruped
