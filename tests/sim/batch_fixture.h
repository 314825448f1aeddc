// A small batch on the CPU with its output memory, and what steps it.
#pragma once

#include <cmath>
#include <filesystem>
#include <vector>

#include "envs/quadruped/control_step.h"
#include "envs/quadruped/reset.h"
#include "envs/robots.h"
#include "kennel/batch/cpu_batch.h"
#include "kennel/core/pack.h"
#include "kennel/model/mjcf.h"

namespace kennel::testing {

inline quadruped::EnvConfig quiet_config(int task = 0) {
  // Nothing random but the heading: what a test switches on is all there is.
  quadruped::EnvConfig c(task);
  auto& r = c.randomization;
  for (Range* range : {&r.friction, &r.link_mass, &r.link_inertia, &r.strength, &r.kp, &r.kd,
                       &r.joint_friction, &r.armature, &r.damping})
    *range = {1, 1};
  r.friction = {0.8f, 0.8f};
  for (Range* range : {&r.base_com_x, &r.base_com_y, &r.base_com_z, &r.joint_offset, &r.imu_tilt,
                       &r.action_latency, &r.imu_latency, &r.push_velocity, &r.start_tilt,
                       &r.start_joint, &r.start_velocity})
    *range = {0, 0};
  r.start_height = {0.16f, 0.16f};
  r.random_push_phase = c.task.random_first_clock = false;
  r.gyro_noise = r.gravity_noise = r.joint_noise = 0;
  return c;
}

inline quadruped::Task task_of(const quadruped::EnvConfig& config, std::uint64_t seed = 1) {
  static const Quadruped<float> model = to_float(
      load_quadruped(std::filesystem::path(KENNEL_SOURCE_DIR) / "envs/pupper_v3/pupper_v3.xml")
          .model);
  return quadruped::make_task(config, pupper_v3::kRobot, model, seed);
}

/// A batch, its buffers, and actions that depend on the environment's id and the time only.
template <class Legs>
struct SmallBatchOf {
  quadruped::Task task;
  int n, first_id;
  CpuBatchOf<Legs> batch;
  std::vector<float> obs, privileged, reward, terminated, truncated, command_changed, final_obs,
      final_privileged, action;
  int time = 0;

  SmallBatchOf(const quadruped::EnvConfig& config, int num_envs, int first_env_id = 0,
               int threads = 1, std::uint64_t seed = 1)
      : SmallBatchOf(task_of(config, seed), num_envs, first_env_id, threads) {}

  SmallBatchOf(const quadruped::Task& robots_task, int num_envs, int first_env_id = 0,
               int threads = 1)
      : task(robots_task),
        n(num_envs),
        first_id(first_env_id),
        batch(task, num_envs, first_env_id, threads),
        obs(num_envs * task.obs_size, NAN),
        privileged(num_envs * quadruped::kPrivilegedSize, NAN),
        reward(num_envs, NAN),
        terminated(num_envs, NAN),
        truncated(num_envs, NAN),
        command_changed(num_envs, NAN),
        final_obs(obs),
        final_privileged(privileged),
        action(num_envs * kNumJoints, 0.0f) {
    batch.reset(out());
  }

  StepPointers out() {
    const auto rows = [](std::vector<float>& v) { return ObsRows{v.data(), false}; };
    return {rows(obs),        rows(privileged),       reward.data(),   terminated.data(),
            truncated.data(), command_changed.data(), rows(final_obs), rows(final_privileged)};
  }
  void step() {
    batch.step(action.data(), out());
    ++time;
  }
  void step_with_waves(float size = 0.8f) {
    for (int e = 0; e < n; ++e)
      for (int k = 0; k < kNumJoints; ++k)
        action[e * kNumJoints + k] = size * std::sin(0.7f * static_cast<float>(time) +
                                                     static_cast<float>(k * (first_id + e + 1)));
    step();
  }
  const float* obs_row(int e) const { return obs.data() + e * task.obs_size; }
  const float* final_row(int e) const { return final_obs.data() + e * task.obs_size; }
};
using SmallBatch = SmallBatchOf<AllLegs>;

/// The robot with spheres on its base, low enough to touch the floor, and one more on each leg.
inline Quadruped<float> with_many_points(Quadruped<float> robot) {
  for (int leg = 0; leg < kNumLegs; ++leg) {
    auto& own = robot.leg[leg];
    own.sphere[2] = own.sphere[1];  // the foot stays the last of the leg's own
    own.sphere[1].centre[0] *= 0.5f;
    own.foot = 2;
    own.sphere[3] = own.sphere[2];
    own.sphere[3].link = -1;
    own.sphere[3].centre[0] = leg < 2 ? 0.1f : -0.1f;
    own.sphere[3].centre[1] = leg % 2 ? 0.05f : -0.05f;
    own.sphere[3].centre[2] = -0.08f;
    own.num_spheres = 4;
  }
  return robot;
}

}  // namespace kennel::testing
