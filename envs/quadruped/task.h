// The task ready to run: recipe, robot and everything derived from the two, as one block of plain
// data for every backend.
#pragma once

#include <algorithm>

#include "envs/quadruped/random.h"
#include "envs/quadruped/robot.h"
#include "kennel/core/check.h"

namespace kennel::quadruped {

struct Task {
  EnvConfig config;
  Quadruped<float> model;
  SolverOptions solver;
  Seed seed;
  float control_dt;
  float episode_steps, push_steps;                        // control steps
  float target_low[kNumJoints], target_high[kNumJoints];  // rad, the hardware's clamp
  float cos_max_tilt;
  float stance_height;             // m of the base when it stands in the default pose
  float default_pose[kNumJoints];  // rad
  int abduction;                   // which of a leg's joints moves it sideways
  std::uint32_t first_pair;        // bit k: whether leg k is of the diagonal of front left
  int obs_size;
};
static_assert(std::is_trivially_copyable_v<Task>);

/// The clock at which the episode in `s` began: 0, but for an environment's first episode, which
/// begins anywhere. Otherwise all environments would time out together, in each episode anew.
template <class T, class Legs>
KENNEL_HD T first_clock(const Task& task, const EnvState<T, Legs>& s) {
  using U = uint_of<T>;
  if (!task.config.task.random_first_clock) return T(0);
  const auto first = s.episode == U(1u);
  if (!any(first)) return T(0);  // skips work that would change no bit
  const U clock =
      whole_below<T>(task.episode_steps, task.seed, s.env_id, s.episode, Purpose::kFirstClock);
  return to_number<T>(select(first, clock, U(0u)));
}

/// What changes in the course of training. Apart from the task, because a backend may keep it in
/// memory of its own: a step that was captured once follows what is written there later.
struct Schedule {
  std::uint32_t commands_change = 0;  // 1: commands change within an episode
  float weight[kMaxRewards] = {};     // of the reward terms, per second
  ShapeNumbers shape = {};            // what shapes them
};
static_assert(std::is_trivially_copyable_v<Schedule>);

/// \param progress  of training, from 0 to 1
inline Schedule schedule_at(const EnvConfig& config, double progress) {
  Schedule schedule;
  schedule.commands_change = progress >= config.command.change_from;
  const LateRewardConfig& late = config.late_reward;
  const double passed = late.until > late.from ? (progress - late.from) / (late.until - late.from)
                                               : double(progress >= late.from);
  const double share = std::clamp(passed, 0.0, 1.0);
  const auto late_value = [&](float value, float factor) {
    return static_cast<float>(value * (1 + share * (factor - 1.0)));
  };
  for (int i = 0; i < kMaxRewards; ++i)
    schedule.weight[i] = late_value(config.reward.weight[i], late.factor[i]);
  for (int i = 0; i < kMaxShape; ++i)
    schedule.shape[i] = late_value(config.reward.shape[i], late.shape_factor[i]);
  return schedule;
}

/// The targets that a joint's servo is given: narrower than its range, as in the robot's hardware;
/// a turn each way where it has none.
template <class R>
Range target_limits(const Hinge<R>& hinge, float margin) {
  if (!hinge.limits_at_once) return {-6.2831853f, 6.2831853f};
  return {static_cast<float>(hinge.range_low + R(margin)),
          static_cast<float>(hinge.range_high - R(margin))};
}

/// \throws Error where a late factor would do nothing, or lead out of its number's bounds
inline void check_late_shape(const EnvConfig& config) {
  const Schedule last = schedule_at(config, 1.0);
  for (std::size_t i = 0; i < config.row().shape.size(); ++i) {
    const ShapeTerm& term = config.row().shape[i];
    const float factor = config.late_reward.shape_factor[i];
    if (factor == 1.0f) continue;
    KENNEL_CHECK(config.reward.shape[i] != 0.0f, "env.late_reward.", term.name, " = ", factor,
                 " multiplies env.reward.", term.name,
                 " = 0, which stays 0; give that a value, or set the factor to 1");
    KENNEL_CHECK(term.bounds.low <= last.shape[i] && last.shape[i] <= term.bounds.high,
                 "env.late_reward.", term.name, " = ", factor, " makes env.reward.", term.name, " ",
                 last.shape[i], " at the end of training; expected ", term.bounds.low, " to ",
                 term.bounds.high);
  }
}

/// Puts a task together.
/// \throws Error when recipe and robot do not fit: latencies beyond two control steps, a leg without
/// a foot, ...
inline Task make_task(const EnvConfig& config, const RobotTraits& traits,
                      const Quadruped<float>& model, std::uint64_t seed) {
  Task task{};
  task.config = config;
  task.model = model;
  task.solver = {config.task.solver_iterations, config.task.ls_iterations};
  task.seed = {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)};
  task.control_dt = model.timestep * static_cast<float>(config.task.decimation);
  task.episode_steps = std::round(config.task.episode_seconds / task.control_dt);
  task.push_steps = std::max(1.0f, std::round(config.randomization.push_seconds / task.control_dt));
  task.cos_max_tilt = std::cos(config.task.max_tilt);
  task.stance_height = static_cast<float>(traits.stance_height);
  task.abduction = traits.abduction;
  const bool sees_motion = config.row().traits.sees_motion;
  KENNEL_CHECK(!sees_motion || config.task.history == 1, "env.history = ", config.task.history,
               ": the policy of the task ", config.row().name,
               " sees velocities instead of older frames; set env.history = 1");
  task.obs_size = observation_size(config);
  const CommandConfig& command = config.command;
  KENNEL_CHECK(command.scaled_fraction + command.axis_fraction <= 1.0f + 1e-6f,
               "env.command: scaled_fraction = ", command.scaled_fraction,
               " and axis_fraction = ", command.axis_fraction,
               " are together more than all commands; lower one of them");
  check_late_shape(config);
  if (config.row().check != nullptr)
    for (const double progress : {0.0, 1.0}) {
      const Schedule schedule = schedule_at(config, progress);
      config.row().check({schedule.shape, command.range, config.task.max_tilt,
                          config.task.min_height, traits.stance_height,
                          progress == 0.0 ? "env.reward" : "env.reward times env.late_reward"});
    }
  KENNEL_CHECK(config.late_reward.from <= config.late_reward.until,
               "env.late_reward: from = ", config.late_reward.from,
               " must not exceed until = ", config.late_reward.until, "; lower it");
  const float longest = 2.0f * task.control_dt + 1e-6f;
  for (const Range& latency :
       {config.randomization.action_latency, config.randomization.imu_latency})
    KENNEL_CHECK(latency.high <= longest, "env.randomization: a latency of ", latency.high,
                 " s is longer than two control steps of ", task.control_dt,
                 " s; lower it or raise env.decimation");
  KENNEL_CHECK(model.floor_height == 0.0f, "the model's floor is at z = ", model.floor_height,
               " m; heights of the task are from 0: move it there (--add-floor)");
  for (int leg = 0; leg < kNumLegs; ++leg) {
    const auto& robot = model.leg[leg];
    const auto& hip = robot.hinge[0].anchor;
    if (hip[0] * hip[1] > 0.0f) task.first_pair |= 1u << leg;
    KENNEL_CHECK(robot.num_spheres > 0 && robot.sphere[robot.foot].link == 2,
                 "the task expects a foot: a sphere on each leg's third link that can touch the "
                 "floor; leg ",
                 leg, " has none (--feet-only makes one)");
    for (int j = 0; j < kJointsPerLeg; ++j) {
      const int k = kJointsPerLeg * leg + j;
      const Range limits = target_limits(robot.hinge[j], config.task.target_margin);
      task.default_pose[k] = traits.pose[k];
      task.target_low[k] = limits.low;
      task.target_high[k] = limits.high;
      KENNEL_CHECK(limits.low < limits.high, "env.target_margin = ", config.task.target_margin,
                   " leaves joint ", traits.joints[k], " no range; lower it");
    }
  }
  return task;
}

}  // namespace kennel::quadruped
