#include "policy_export.h"

#include <algorithm>
#include <cmath>

#include "envs/quadruped/gait.h"
#include "envs/quadruped/task.h"
#include "kennel/core/check.h"
#include "kennel/judge/quantities.h"
#include "kennel/policy/clipped_network.h"
#include "kennel/sim/env_spec.h"
#include "kennel/sim/make_env.h"

namespace kennel {
namespace {

/// The targets' limits must leave room for the pose that actions start from.
void check_margin(const quadruped::RobotTraits& robot, const Quadruped<double>& model,
                  float margin) {
  double room = 1e9;
  int tightest = 0;
  for (int joint = 0; joint < kNumJoints; ++joint) {
    const Hinge<double>& hinge = model.leg[joint / kJointsPerLeg].hinge[joint % kJointsPerLeg];
    const double pose = robot.pose[joint];
    const Range range = quadruped::target_limits(hinge, 0.0f);
    const double left = std::min(pose - range.low, range.high - pose);
    if (left < room) room = left, tightest = joint;
  }
  KENNEL_CHECK(margin < room, "env.target_margin = ", margin, ": the default pose of joint ",
               robot.joints[tightest], " is ", room,
               " rad inside its range, so that no target could hold it; set it below that");
}

/// The robot's file is text, and nobody reads a longer one than kLargestPolicyFile.
void check_size(const PolicyNetwork& network, const RunConfig& config) {
  constexpr double kBytesANumber = 14.0;  // in the mean, as trained weights are written
  double numbers = 0.0;
  for (const DenseLayer& layer : network.layers) numbers += (layer.in + 1.0) * layer.out;
  constexpr double kMiB = 1 << 20;
  const double most = kLargestPolicyFile / kMiB, size = kBytesANumber * numbers / kMiB;
  KENNEL_CHECK(size <= most, config.learner.section(), '.', config.method->layers_key,
               ": a policy of ", std::round(1e-5 * numbers) / 10.0,
               " million weights makes a file of some ", std::round(size),
               " MiB; a policy file has at most ", most, " MiB: use fewer or narrower layers");
}

/// The gait that a search starts from.
PolicyNetwork first_gait_of(const RunConfig& config) {
  KENNEL_CHECK(small_task_of(config) == nullptr, config.learner.section(),
               " seeks a gait, which moves the legs of a robot; the task ", config.task.name,
               " has none: use policy = \"network\", or a robot's task");
  return {{}, GaitPolicy{gait_of(config, load_robot(config.robot)), first_gait()}};
}

/// The policy of a recipe with all weights zero; where it seeks a gait, the one that it starts
/// from.
PolicyNetwork untrained(const RunConfig& config) {
  if (seeks_gait(config)) return first_gait_of(config);
  const small::TaskRow* task = small_task_of(config);
  const int obs_size = task ? task->obs_size() : quadruped::observation_size(config.env);
  const int action_size = task ? task->action_size : kPolicyJoints;
  PolicyNetwork network = config.method->policy_layers(config.learner, obs_size, action_size);
  check_size(network, config);
  for (DenseLayer& layer : network.layers) {
    layer.weights.resize(static_cast<std::size_t>(layer.in) * static_cast<std::size_t>(layer.out));
    layer.bias.resize(static_cast<std::size_t>(layer.out));
  }
  return network;
}

/// What the policy is told, over which ranges: those of the robot where it walks, else those that
/// it was trained for.
void tell(const Robot& robot, const EnvConfig& env, RobotContract& contract) {
  const quadruped::TaskRow& task = env.row();
  const quadruped::RobotTraits& traits = robot.traits;
  const Range walks[] = {traits.command_vx, traits.command_vy, traits.command_yaw};
  static_assert(quadruped::kNumCommands == kCommandTerms && std::size(walks) == kCommandTerms);
  contract.task = task.name;
  for (int i = 0; i < kCommandTerms; ++i) {
    const quadruped::CommandRow& told = task.command[i];
    contract.command[i] = {told.name, told.unit,
                           contract.task == kWalkTask ? walks[i] : env.command.range[i]};
    if (contract.command[i].name == "height") contract.stance_height = traits.stance_height;
  }
}

/// The policy of a task without a robot.
PolicyFile small_policy(const small::TaskRow& task, const PolicyNetwork& network) {
  PolicyFile policy;
  policy.task = task.name;
  for (const small::ObsRow& row : task.obs)
    policy.frame.push_back({row.name, row.size, 1.0f, row.unit});
  policy.control_dt = static_cast<float>(task.control_dt);
  policy.action = task.action_doc;
  policy.action_bounds = task.action_bounds;
  policy.network = network;
  return policy;
}

}  // namespace

RobotContract contract_of(const Robot& loaded, const EnvConfig& env) {
  const quadruped::RobotTraits& robot = loaded.traits;
  const Quadruped<double>& model = loaded.loaded.model;
  check_margin(robot, model, env.task.target_margin);
  RobotContract contract;
  contract.robot = robot.name;
  for (const BoundedTerm& term : frame_terms(env.row())) contract.frame.push_back(term);
  contract.observation_history = env.task.history;
  contract.action_scale.fill(env.task.action_scale);
  contract.training_solver = {env.task.solver_iterations, env.task.ls_iterations};
  contract.control_dt = static_cast<float>(env.task.decimation * model.timestep);
  contract.physics_dt = model.timestep;
  tell(loaded, env, contract);
  contract.size = robot.size;
  contract.start_height = robot.start_height;
  contract.fall_tilt = robot.fall_tilt;
  contract.fall_height = robot.fall_height;
  for (int joint = 0; joint < kNumJoints; ++joint) {
    const Hinge<double>& hinge = model.leg[joint / kJointsPerLeg].hinge[joint % kJointsPerLeg];
    contract.joint_names[joint] = robot.joints[joint];
    contract.kp[joint] = static_cast<float>(hinge.kp);
    contract.kd[joint] = static_cast<float>(hinge.kd);
    contract.default_joint_pos[joint] = robot.pose[joint];
    // Narrower than the joint's range, as targets were in training and are in the robot's hardware.
    const Range targets = quadruped::target_limits(hinge, env.task.target_margin);
    contract.joint_lower_limits[joint] = targets.low;
    contract.joint_upper_limits[joint] = targets.high;
  }
  return contract;
}

bool seeks_gait(const RunConfig& config) {
  return config.method->seeks_gait != nullptr &&
         config.method->seeks_gait(config.learner, small_task_of(config) == nullptr);
}

GaitContract gait_of(const RunConfig& config, const Robot& robot) {
  gait::LegLines legs[kNumLegs];
  for (int leg = 0; leg < kNumLegs; ++leg)
    legs[leg] = quadruped::leg_lines(robot.loaded.model.leg[leg]);
  return gait_contract(contract_of(robot, config.env), legs);
}

PolicyFile policy_file(const PolicyNetwork& network, const RunConfig& config) {
  if (const small::TaskRow* task = small_task_of(config)) return small_policy(*task, network);
  PolicyFile policy{contract_of(load_robot(config.robot), config.env)};
  policy.network = clipped(network, EnvSpec{}.action_bounds);  // a robot's environments' own
  return policy;
}

std::string check_exportable(const RunConfig& config) {
  const PolicyFile policy =
      completed("the policy of this recipe", policy_file(untrained(config), config));
  if (!policy.has_robot()) return "";
  const judge::Told measured(policy);  // throws for what the judge cannot measure
  return deployment_warning(policy);
}

}  // namespace kennel
