// Everything a recipe can say about the task, with default, bounds and meaning: one struct a
// section.
#pragma once

#include <type_traits>

#include "envs/quadruped/contract.h"
#include "envs/tasks/rows.h"
#include "kennel/core/fields.h"

namespace kennel::quadruped {

/// [env]: rates, episode, action, termination.
struct TaskConfig {
  int decimation = 5;
  float episode_seconds = 10.0f;
  bool random_first_clock = true;
  int history = 2;
  float action_scale = 0.5f;
  float target_margin = 0.1f;
  float max_tilt = 0.9f;
  float min_height = 0.06f;
  int solver_iterations = 2;
  int ls_iterations = 1;
  bool bfloat16_obs = false;
};

template <class Config, class Visitor>
void visit_fields(Config& c, Visitor&& v) requires same_config<Config, TaskConfig> {
  v.field("decimation", c.decimation, Bounds{1, 50},
          "physics steps a control step; 5 of 4 ms make the robot's 50 Hz");
  v.field("episode_seconds", c.episode_seconds, Bounds{0.1, 1000.0},
          "s until an episode is truncated");
  v.field("random_first_clock", c.random_first_clock, Bounds{},
          "an environment's first episode begins at a random time of its clock, so that the "
          "environments do not time out together for the whole training; false: at 0");
  v.field("history", c.history, Bounds{1, kMaxHistory}, "frames the policy sees, the newest first");
  v.field("action_scale", c.action_scale, Bounds{0.01, 3.0},
          "rad of joint target a unit of action");
  v.field("target_margin", c.target_margin, Bounds{0.0, 0.5},
          "rad inside the joint range at which the robot's hardware clamps targets");
  v.field("max_tilt", c.max_tilt, Bounds{0.05, 3.2},
          "rad of the base against the vertical beyond which it has fallen");
  v.field("min_height", c.min_height, Bounds{0.0, 5.0}, "m of the base below which it has fallen");
  v.field("solver_iterations", c.solver_iterations, Bounds{1, 100}, "Newton steps a physics step");
  v.field("ls_iterations", c.ls_iterations, Bounds{1, 100}, "evaluations of each line search");
  v.field("bfloat16_obs", c.bfloat16_obs, Bounds{},
          "hand observations to the learner in bfloat16: half the memory, two to three digits");
}

/// [env.command]: what the robot is told to do.
struct CommandConfig {
  int task = 0;  // of kTasks; not in the recipe's section, but in [task]
  Range range[kNumCommands];
  float standing_fraction = 0.1f;
  float scaled_fraction = 0.3f, axis_fraction = 0.3f;
  float smallest_scale = 0.1f;
  float change_probability = 1.0f / 150.0f;
  float change_at_push = 0.0f;
  float change_from = 0.5f;

  CommandConfig() : CommandConfig(0) {}
  explicit CommandConfig(int of) : task(of) {
    for (int i = 0; i < kNumCommands; ++i) range[i] = kTasks[task]->command[i].range;
  }
};

template <class Config, class Visitor>
void visit_fields(Config& c, Visitor&& v) requires same_config<Config, CommandConfig> {
  for (int i = 0; i < kNumCommands; ++i) {
    const CommandRow& term = kTasks[c.task]->command[i];
    v.field(term.key, c.range[i], term.bounds, term.doc);
  }
  v.field("standing_fraction", c.standing_fraction, Bounds{0.0, 1.0},
          "share of commands that are zero");
  v.field("scaled_fraction", c.scaled_fraction, Bounds{0.0, 1.0},
          "share of the others drawn from the box of all three times one factor: small commands "
          "are rare in the full box; 0 with axis_fraction 0: the full box alone");
  v.field("axis_fraction", c.axis_fraction, Bounds{0.0, 1.0},
          "share of the others along one of the three axes alone, times a factor likewise");
  v.field("smallest_scale", c.smallest_scale, Bounds{0.0, 1.0},
          "the factor is uniform from here to 1");
  v.field("change_probability", c.change_probability, Bounds{0.0, 1.0},
          "of a new command, a control step");
  v.field("change_at_push", c.change_at_push, Bounds{0.0, 1.0},
          "of a new command in the control step of a push, whatever its size, where more than "
          "change_probability: who must turn round and catch itself at once falls most easily");
  v.field("change_from", c.change_from, Bounds{0.0, 1.0},
          "share of training after which commands change within an episode; before it one command "
          "lasts an episode, which learns faster");
}

/// [env.randomization]: drawn anew at every reset. Factors multiply the model's own values.
struct RandomizationConfig {
  Range friction = {0.5f, 1.3f};
  Range link_mass = {0.85f, 1.3f}, link_inertia = {0.85f, 1.3f};
  Range base_com_x = {-0.02f, 0.03f}, base_com_y = {-0.005f, 0.005f},
        base_com_z = {-0.005f, 0.005f};
  Range strength = {0.75f, 1.05f}, kp = {0.65f, 1.1f}, kd = {0.8f, 1.5f};
  Range joint_friction = {0.7f, 1.3f}, armature = {0.9f, 1.1f}, damping = {0.7f, 1.3f};
  float nominal_fraction = 0.0f;
  Range joint_offset = {-0.02f, 0.02f};
  Range imu_tilt = {-0.02f, 0.02f};
  Range action_latency = {0.0f, 0.02f}, imu_latency = {0.0f, 0.02f};
  bool exact_invweight = false;
  bool latency_jitter = false;
  Range push_velocity = {-0.35f, 0.35f};
  float push_seconds = 2.0f;
  bool random_push_phase = true;
  Range start_height = {0.15f, 0.20f};
  Range start_tilt = {-0.1f, 0.1f};
  Range start_joint = {-0.15f, 0.15f};
  Range start_velocity = {-0.2f, 0.2f};
  float gyro_noise = 0.1f, gravity_noise = 0.05f, joint_noise = 0.03f;
};

template <class Config, class Visitor>
void visit_fields(Config& c, Visitor&& v) requires same_config<Config, RandomizationConfig> {
  const Bounds factor{0.1, 5.0}, latency{0.0, 0.04}, angle{-0.5, 0.5};
  v.field("friction", c.friction, Bounds{0.05, 3.0}, "sliding coefficient of all contacts");
  v.field("link_mass", c.link_mass, factor, "factor of each link's mass");
  v.field("link_inertia", c.link_inertia, factor,
          "factor of each link's inertia about its centre of mass, independent of its mass");
  v.field("base_com_x", c.base_com_x, Bounds{-1.0, 1.0}, "m, shift of the base's centre of mass");
  v.field("base_com_y", c.base_com_y, Bounds{-1.0, 1.0}, "m");
  v.field("base_com_z", c.base_com_z, Bounds{-1.0, 1.0}, "m");
  v.field("strength", c.strength, factor, "factor of all servo torques and their limit");
  v.field("kp", c.kp, factor, "factor of the servos' position gain");
  v.field("kd", c.kd, factor, "factor of the servos' damping gain");
  v.field("joint_friction", c.joint_friction, factor, "factor of the joints' dry friction");
  v.field("armature", c.armature, factor, "factor of the joints' rotor inertia");
  v.field("damping", c.damping, factor, "factor of the joints' viscous damping");
  v.field("nominal_fraction", c.nominal_fraction, Bounds{0.0, 1.0},
          "share of episodes whose robot is the model's own: each factor above is 1, its centre of "
          "mass not shifted; floor, latencies, sensors and pushes are drawn as ever");
  v.field("exact_invweight", c.exact_invweight, Bounds{},
          "recompute the inverse weights that scale constraints from the masses drawn, as "
          "MuJoCo's mj_setConst does; false keeps the model's own, as MJX does, and is faster on a "
          "GPU");
  v.field("joint_offset", c.joint_offset, angle,
          "rad, error of each joint's zero: the encoder reads this much more");
  v.field("imu_tilt", c.imu_tilt, angle, "rad about x, y and z: mounting error of the IMU");
  v.field("action_latency", c.action_latency, latency,
          "s from an action to the servos, rounded to physics steps; at most two control steps");
  v.field("imu_latency", c.imu_latency, latency,
          "s from the IMU to an observation, rounded likewise");
  v.field("latency_jitter", c.latency_jitter, Bounds{},
          "draw both latencies anew each control step instead of each episode");
  v.field("push_velocity", c.push_velocity, Bounds{-3.0, 3.0},
          "m/s added to the base along world x and y at each push");
  v.field("push_seconds", c.push_seconds, Bounds{0.1, 1000.0}, "s between pushes");
  v.field(
      "random_push_phase", c.random_push_phase, Bounds{},
      "an episode's first push comes at a random step of push_seconds, so that the environments "
      "are not pushed together; false: push_seconds after its start");
  v.field("start_height", c.start_height, Bounds{0.01, 10.0}, "m of the base at reset");
  v.field("start_tilt", c.start_tilt, angle, "rad of roll and of pitch at reset");
  v.field("start_joint", c.start_joint, angle, "rad of each joint off the default pose at reset");
  v.field("start_velocity", c.start_velocity, Bounds{-5.0, 5.0},
          "m/s and rad/s of the base at reset, each axis");
  v.field("gyro_noise", c.gyro_noise, Bounds{0.0, 2.0},
          "rad/s, half width of uniform noise a control step");
  v.field("gravity_noise", c.gravity_noise, Bounds{0.0, 1.0},
          "half width; the sum is normalised again");
  v.field("joint_noise", c.joint_noise, Bounds{0.0, 0.5}, "rad, half width");
}

/// [env.reward]: weights of the task's terms, and numbers that shape them.
struct RewardConfig {
  int task = 0;  // of kTasks
  float weight[kMaxRewards] = {};
  ShapeNumbers shape = {};
  bool only_positive = true;

  RewardConfig() : RewardConfig(0) {}
  explicit RewardConfig(int of) : task(of) {
    const TaskRow& row = *kTasks[task];
    for (std::size_t i = 0; i < row.rewards.size(); ++i) weight[i] = row.rewards[i].weight;
    for (std::size_t i = 0; i < row.shape.size(); ++i) shape[i] = row.shape[i].value;
  }
};

template <class Config, class Visitor>
void visit_fields(Config& c, Visitor&& v) requires same_config<Config, RewardConfig> {
  const TaskRow& row = *kTasks[c.task];
  for (std::size_t i = 0; i < row.rewards.size(); ++i)
    v.field(row.rewards[i].name, c.weight[i], Bounds{-1e6, 1e6}, row.rewards[i].doc);
  for (std::size_t i = 0; i < row.shape.size(); ++i)
    v.field(row.shape[i].name, c.shape[i], row.shape[i].bounds, row.shape[i].doc);
  v.field("only_positive", c.only_positive, Bounds{},
          "clip a step's sum at zero, so that ending early never pays");
}

/// [env.late_reward]: weights, and numbers that shape the terms, that change as training goes on.
/// What a beginner must not be asked for - little change from one action to the next, a narrow
/// kernel - costs a robot that walks nearly nothing.
struct LateRewardConfig {
  int task = 0;  // of kTasks
  float from = 0.3f, until = 0.8f;
  float factor[kMaxRewards] = {};
  ShapeNumbers shape_factor = {};

  LateRewardConfig() : LateRewardConfig(0) {}
  explicit LateRewardConfig(int of) : task(of) {
    for (float& f : factor) f = 1.0f;
    for (float& f : shape_factor) f = 1.0f;
  }
};

template <class Config, class Visitor>
void visit_fields(Config& c, Visitor&& v) requires same_config<Config, LateRewardConfig> {
  v.field("from", c.from, Bounds{0.0, 1.0},
          "share of training at which the factors begin to leave 1");
  v.field(
      "until", c.until, Bounds{0.0, 1.0},
      "share of training from which they apply in full; between the two they move in proportion");
  const TaskRow& row = *kTasks[c.task];
  for (std::size_t i = 0; i < row.rewards.size(); ++i)
    v.field(row.rewards[i].name, c.factor[i], Bounds{0.0, 1000.0},
            "what the weight in [env.reward] is multiplied by at the end");
  for (std::size_t i = 0; i < row.shape.size(); ++i)
    v.field(row.shape[i].name, c.shape_factor[i], Bounds{1e-3, 1000.0},
            "what the number in [env.reward] is multiplied by at the end");
}

/// The whole task. Plain data: lane code on every backend reads a copy of it.
struct EnvConfig {
  TaskConfig task;
  CommandConfig command;
  RandomizationConfig randomization;
  RewardConfig reward;
  LateRewardConfig late_reward;

  EnvConfig() : EnvConfig(0) {}

  /// \param of  of kTasks
  explicit EnvConfig(int of) : command(of), reward(of), late_reward(of) {
    if (row().traits.sees_motion) task.history = 1;
  }

  int task_index() const { return command.task; }
  const TaskRow& row() const { return *kTasks[task_index()]; }
};

/// Visits every section: f(section name, struct).
template <class Config, class F>
void visit_sections(Config& c, F&& f) requires same_config<Config, EnvConfig> {
  f("env", c.task);
  f("env.command", c.command);
  f("env.randomization", c.randomization);
  f("env.reward", c.reward);
  f("env.late_reward", c.late_reward);
}

/// Numbers that the policy sees.
inline int observation_size(const EnvConfig& config) {
  return config.task.history * kFrameSize +
         (config.row().traits.sees_motion ? total_size(kMotion) : 0);
}

static_assert(std::is_trivially_copyable_v<EnvConfig>);

}  // namespace kennel::quadruped
