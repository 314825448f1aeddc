// What the robot's sensors report, and the observation made of it.
#pragma once

#include "envs/pupper_v3/task.h"

namespace kennel::pupper {

/// The world's z axis in base axes.
template <class T>
KENNEL_HD Vec3<T> up_in_base(const Quat<T>& q) {
  const T two(2);
  return {two * (q.x * q.z - q.w * q.y), two * (q.y * q.z + q.w * q.x),
          T(1) - two * (q.x * q.x + q.y * q.y)};
}

template <class T, class Legs>
KENNEL_HD ImuSample<T> true_imu(const PhysicsState<T, Legs>& state) {
  const Vec3<T> up = up_in_base(state.orientation);
  return {state.omega, {-up.x, -up.y, -up.z}};
}

/// Lane by lane, `a` where the mask is set, else `b`.
template <class T>
KENNEL_HD ImuSample<T> select_sample(const mask_of<T>& mask, const ImuSample<T>& a,
                                     const ImuSample<T>& b) {
  const auto pick = [&](const Vec3<T>& p, const Vec3<T>& q) {
    return Vec3<T>{select(mask, p.x, q.x), select(mask, p.y, q.y), select(mask, p.z, q.z)};
  };
  return {pick(a.gyro, b.gyro), pick(a.gravity, b.gravity)};
}

/// The IMU's reading of a sample: mounting error, then noise; gravity is a unit vector again.
template <class T>
KENNEL_HD ImuSample<T> imu_reading(const RandomizationConfig& c, const ImuSample<T>& sample,
                                   const Vec3<T>& tilt, const T (&u)[6]) {
  // The mounting error as a rotation of half-angle tangent tilt / 2: exact in size to third order
  // of the small angle.
  const Rotation<T> mount =
      rotation(normalised(Quat<T>{T(1), T(0.5f) * tilt.x, T(0.5f) * tilt.y, T(0.5f) * tilt.z}));
  const Vec3<T> gyro = mount * sample.gyro, gravity = mount * sample.gravity;
  const Vec3<T> noisy{gravity.x + symmetric(c.gravity_noise, u[3]),
                      gravity.y + symmetric(c.gravity_noise, u[4]),
                      gravity.z + symmetric(c.gravity_noise, u[5])};
  const T scale = inverse_sqrt(max(dot(noisy, noisy), T(1e-6f)));
  return {{gyro.x + symmetric(c.gyro_noise, u[0]), gyro.y + symmetric(c.gyro_noise, u[1]),
           gyro.z + symmetric(c.gyro_noise, u[2])},
          scale * noisy};
}

/// Writes what a frame says of the base: `put(index, value)`.
template <class T, class Put>
KENNEL_HD void put_base_frame(const ImuSample<T>& imu, const T (&command)[3], Put&& put) {
  const T values[12] = {imu.gyro.x,    imu.gyro.y,    imu.gyro.z, imu.gravity.x,
                        imu.gravity.y, imu.gravity.z, command[0], command[1],
                        command[2],    T(0),          T(0),       T(1)};
  static_assert(offset_in(kFrame, "joint_position") == 12);
  KENNEL_UNROLL
  for (int i = 0; i < 12; ++i) put(i, values[i]);
}

/// Puts a number of the newest frame, the same number of the frames before it, and moves it into
/// the history. \param older  older(f) is the slot of the frame f + 1 control steps ago
template <class T, class Older, class Put>
KENNEL_HD void put_frames(int frames, int index, const T& value, Older&& older, Put&& put) {
  put(index, value);
  T shifted = value;
  KENNEL_UNROLL
  for (int f = 1; f < kMaxHistory; ++f) {
    if (f < frames) {
      T& slot = older(f - 1);
      const T before = slot;
      put(kFrameSize * f + index, before);
      slot = shifted;
      shifted = before;
    }
  }
}

/// Makes the policy's observation of a state and shifts its frame into the history.
/// \param imu  the sample that reaches the controller now, before mounting error and noise
/// \param put  called as put(index, value) for each of obs_size numbers, by the thread that holds
/// them
template <class T, class Legs, class History, class Put>
KENNEL_HD void observe(const Task& task, const Legs& legs, const ImuSample<T>& imu,
                       const EnvState<T, Legs>& s, History& history, Put&& put) {
  constexpr int kJoint = offset_in(kFrame, "joint_position"),
                kAction = offset_in(kFrame, "last_action");
  const auto& c = task.config.randomization;
  const int frames = task.config.task.history;
  const auto noise_a = uniform4<T>(task.seed, s.env_id, s.episode, s.step, Purpose::kNoise, 0);
  const auto noise_b = uniform4<T>(task.seed, s.env_id, s.episode, s.step, Purpose::kNoise, 1);
  const T u[6] = {noise_a.x[0], noise_a.x[1], noise_a.x[2],
                  noise_a.x[3], noise_b.x[0], noise_b.x[1]};
  const ImuSample<T> reading = imu_reading(c, imu, s.imu_tilt, u);
  if (legs.leads())
    put_base_frame(reading, s.command, [&](int i, const T& x) {
      put_frames(
          frames, i, x, [&](int f) -> T& { return history.base(f, i); }, put);
    });
  for (int slot = 0; slot < Legs::kLocal; ++slot) {
    const int leg = legs.leg(slot);
    const auto& own = s.leg[slot];
    const auto noise =
        uniform4<T>(task.seed, s.env_id, s.episode, s.step, Purpose::kNoise, 2 + leg);
    KENNEL_UNROLL
    for (int j = 0; j < kJointsPerLeg; ++j) {
      const int k = kJointsPerLeg * leg + j;
      const T angle = s.physics.leg[slot].q[j] + own.joint_offset[j] - T(task.default_pose[k]) +
                      symmetric(c.joint_noise, noise.x[j]);
      put_frames(
          frames, kJoint + k, angle, [&](int f) -> T& { return history.leg(slot, f, j); }, put);
      put_frames(
          frames, kAction + k, own.action[0][j],
          [&](int f) -> T& { return history.leg(slot, f, kJointsPerLeg + j); }, put);
    }
  }
}

/// Makes what the critic sees: a frame without noise, delay or errors, and what the robot cannot
/// measure. \param report  of the last physics step, or null right after a reset (nothing touches
/// yet)
template <class T, class Legs, class Put>
KENNEL_HD void observe_privileged(const Task& task, const Legs& legs, const EnvState<T, Legs>& s,
                                  const StepReport<T, Legs>* report, Put&& put) {
  constexpr int kJoint = offset_in(kFrame, "joint_position"),
                kAction = offset_in(kFrame, "last_action");
  constexpr int kVelocity = kFrameSize + offset_in(kPrivileged, "base_linear_velocity");
  constexpr int kHeight = kFrameSize + offset_in(kPrivileged, "base_height");
  constexpr int kJointVelocity = kFrameSize + offset_in(kPrivileged, "joint_velocity");
  constexpr int kPrevious = kFrameSize + offset_in(kPrivileged, "previous_action");
  constexpr int kFootContact = kFrameSize + offset_in(kPrivileged, "foot_contact");
  constexpr int kElbowContact = kFrameSize + offset_in(kPrivileged, "elbow_contact");
  constexpr int kAirTime = kFrameSize + offset_in(kPrivileged, "air_time");
  constexpr int kCom = kFrameSize + offset_in(kPrivileged, "base_com_shift");
  constexpr int kParameters = kFrameSize + offset_in(kPrivileged, "parameters");

  const auto put_once = [&](int i, const T& x) {
    if (legs.leads()) put(i, x);
  };
  put_base_frame(true_imu(s.physics), s.command, put_once);
  const Vec3<T> v = to_inner(rotation(s.physics.orientation), s.physics.velocity);
  put_once(kVelocity, v.x);
  put_once(kVelocity + 1, v.y);
  put_once(kVelocity + 2, v.z);
  put_once(kHeight, s.physics.position.z);
  const auto& p = s.params;
  const T scale(30.0f);
  put_once(kCom, scale * p.base_com_shift.x);
  put_once(kCom + 1, scale * p.base_com_shift.y);
  put_once(kCom + 2, scale * p.base_com_shift.z);
  const T parameters[8] = {
      p.leg[0].friction[kFoot], p.strength,           p.kp, p.kd, p.base_mass, p.frictionloss,
      T(0.2f) * s.action_delay, T(0.2f) * s.imu_delay};
  for (int i = 0; i < 8; ++i) put_once(kParameters + i, parameters[i]);
  for (int slot = 0; slot < Legs::kLocal; ++slot) {
    const int leg = legs.leg(slot);
    const auto& own = s.leg[slot];
    for (int j = 0; j < kJointsPerLeg; ++j) {
      const int k = kJointsPerLeg * leg + j;
      put(kJoint + k, s.physics.leg[slot].q[j] - T(task.default_pose[k]));
      put(kAction + k, own.action[0][j]);
      put(kJointVelocity + k, T(0.1f) * s.physics.leg[slot].qd[j]);
      put(kPrevious + k, own.action[1][j]);
    }
    const auto touches = [&](int sphere) {
      return report ? select(report->leg[slot].distance[sphere] < T(0.001f), T(1), T(0)) : T(0);
    };
    put(kFootContact + leg, touches(kFoot));
    put(kElbowContact + leg, touches(kElbow));
    put(kAirTime + leg, T(5) * own.air_time);
  }
}

}  // namespace kennel::pupper
