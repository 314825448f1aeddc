// What the robot's sensors report, and the observation made of it.
#pragma once

#include "envs/quadruped/task.h"

namespace kennel::quadruped {

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
  const T values[kBaseFrameSize] = {imu.gyro.x,    imu.gyro.y,    imu.gyro.z, imu.gravity.x,
                                    imu.gravity.y, imu.gravity.z, command[0], command[1],
                                    command[2],    T(0),          T(0),       T(1)};
  KENNEL_UNROLL
  for (int i = 0; i < kBaseFrameSize; ++i) put(i, values[i]);
}

/// Makes the newest frame of what the policy sees.
/// \param imu  the sample that reaches the controller now, before mounting error and noise
/// \param put  called as put(index, value) for each of the frame's numbers, by the thread that
/// holds them
template <class T, class Legs, class Put>
KENNEL_HD void observe_frame(const Task& task, const Legs& legs, const ImuSample<T>& imu,
                             const EnvState<T, Legs>& s, Put&& put) {
  constexpr int kJoint = offset_in(kFrame, "joint_position"),
                kAction = offset_in(kFrame, "last_action");
  const auto& c = task.config.randomization;
  const auto noise_a = uniform4<T>(task.seed, s.env_id, s.episode, s.step, Purpose::kNoise, 0);
  const auto noise_b = uniform4<T>(task.seed, s.env_id, s.episode, s.step, Purpose::kNoise, 1);
  const T u[6] = {noise_a.x[0], noise_a.x[1], noise_a.x[2],
                  noise_a.x[3], noise_b.x[0], noise_b.x[1]};
  const ImuSample<T> reading = imu_reading(c, imu, s.imu_tilt, u);
  if (legs.leads()) put_base_frame(reading, s.command, put);
  for (int slot = 0; slot < Legs::kLocal; ++slot) {
    const int leg = legs.leg(slot);
    const auto& own = s.leg[slot];
    const auto noise =
        uniform4<T>(task.seed, s.env_id, s.episode, s.step, Purpose::kNoise, 2 + leg);
    KENNEL_UNROLL
    for (int j = 0; j < kJointsPerLeg; ++j) {
      const int k = kJointsPerLeg * leg + j;
      put(kJoint + k, s.physics.leg[slot].q[j] + own.joint_offset[j] - T(task.default_pose[k]) +
                          symmetric(c.joint_noise, noise.x[j]));
      put(kAction + k, own.action[0][j]);
    }
  }
}

/// Makes the policy's observation of a state and shifts its frame into the history.
/// \param put  called as put(index, value) for each of obs_size numbers: the newest frame, then the
/// older ones
template <class T, class Legs, class History, class Put>
KENNEL_HD void observe(const Task& task, const Legs& legs, const ImuSample<T>& imu,
                       const EnvState<T, Legs>& s, History& history, Put&& put) {
  observe_frame<T, Legs>(task, legs, imu, s, [&](int i, const T& x) {
    put(i, x);
    T shifted = x;
    KENNEL_UNROLL
    for (int age = 0; age < kMaxHistory - 1; ++age) {
      T& slot = history.at(age, i);
      const T before = slot;
      if (age + 1 < task.config.task.history) put(kFrameSize * (age + 1) + i, before);
      slot = shifted;
      shifted = before;
    }
  });
}

/// Makes a frame without noise, delay or errors.
template <class T, class Legs, class Put>
KENNEL_HD void observe_true_frame(const Task& task, const Legs& legs, const EnvState<T, Legs>& s,
                                  Put&& put) {
  constexpr int kJoint = offset_in(kFrame, "joint_position"),
                kAction = offset_in(kFrame, "last_action");
  if (legs.leads()) put_base_frame(true_imu(s.physics), s.command, put);
  for (int slot = 0; slot < Legs::kLocal; ++slot)
    for (int j = 0; j < kJointsPerLeg; ++j) {
      const int k = kJointsPerLeg * legs.leg(slot) + j;
      put(kJoint + k, s.physics.leg[slot].q[j] - T(task.default_pose[k]));
      put(kAction + k, s.leg[slot].action[0][j]);
    }
}

/// Makes what the robot cannot measure, in the order of kPrivileged.
/// \param report  of the last physics step, or null right after a reset (nothing touches yet)
template <class T, class Legs, class Put>
KENNEL_HD void observe_hidden(const Task& task, const Legs& legs, const EnvState<T, Legs>& s,
                              const StepReport<T, Legs>* report, Put&& put) {
  constexpr int kVelocity = offset_in(kPrivileged, "base_linear_velocity");
  constexpr int kHeight = offset_in(kPrivileged, "base_height");
  constexpr int kJointVelocity = offset_in(kPrivileged, "joint_velocity");
  constexpr int kPrevious = offset_in(kPrivileged, "previous_action");
  constexpr int kFootContact = offset_in(kPrivileged, "foot_contact");
  constexpr int kElbowContact = offset_in(kPrivileged, "elbow_contact");
  constexpr int kAirTime = offset_in(kPrivileged, "air_time");
  constexpr int kCom = offset_in(kPrivileged, "base_com_shift");
  constexpr int kParameters = offset_in(kPrivileged, "parameters");

  const auto put_once = [&](int i, const T& x) {
    if (legs.leads()) put(i, x);
  };
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
  const T parameters[8] = {of_foot(leg_under(legs, task.model, 0), p.leg[0].friction),
                           p.strength,
                           p.kp,
                           p.kd,
                           p.base_mass,
                           p.frictionloss,
                           T(0.2f) * s.action_delay,
                           T(0.2f) * s.imu_delay};
  for (int i = 0; i < 8; ++i) put_once(kParameters + i, parameters[i]);
  for (int slot = 0; slot < Legs::kLocal; ++slot) {
    const int leg = legs.leg(slot);
    const auto& own = s.leg[slot];
    for (int j = 0; j < kJointsPerLeg; ++j) {
      const int k = kJointsPerLeg * leg + j;
      put(kJointVelocity + k, T(0.1f) * s.physics.leg[slot].qd[j]);
      put(kPrevious + k, own.action[1][j]);
    }
    const auto& constants = leg_under(legs, task.model, slot);
    const auto touches = [&](const T& distance) {
      return select(distance < T(0.001f), T(1), T(0));
    };
    put(kFootContact + leg,
        report ? touches(of_foot(constants, report->leg[slot].distance)) : T(0));
    put(kElbowContact + leg,
        report ? touches(of_elbow(constants, report->leg[slot].distance)) : T(0));
    put(kAirTime + leg, T(5) * own.air_time);
  }
}

/// Makes what the critic sees: put(index, value) for each of kPrivilegedSize numbers.
/// \param report  as for `observe_hidden`
template <class T, class Legs, class Put>
KENNEL_HD void observe_privileged(const Task& task, const Legs& legs, const EnvState<T, Legs>& s,
                                  const StepReport<T, Legs>* report, Put&& put) {
  observe_true_frame<T, Legs>(task, legs, s, put);
  observe_hidden<T, Legs>(task, legs, s, report,
                          [&](int i, const T& x) { put(kFrameSize + i, x); });
}

}  // namespace kennel::quadruped
