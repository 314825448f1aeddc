#include "kennel/run/env_policy.h"

#include <algorithm>
#include <iterator>

#include "envs/quadruped/task.h"
#include "kennel/core/check.h"
#include "kennel/policy/clipped_network.h"
#include "kennel/sim/env_spec.h"

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

/// What the policy is told, over which ranges: those of the robot where it walks, else those that
/// it was trained for.
void tell(const Robot& robot, const quadruped::EnvConfig& env, RobotContract& contract) {
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

}  // namespace

RobotContract contract_of(const Robot& loaded, const quadruped::EnvConfig& env) {
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

PolicyFile robot_policy(const PolicyNetwork& network, const Robot& robot,
                        const quadruped::EnvConfig& env) {
  PolicyFile policy{contract_of(robot, env)};
  policy.network = clipped(network, EnvSpec{}.action_bounds);  // a robot's environments' own
  return policy;
}

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

PolicyFile policy_file(const PolicyNetwork& network, const EnvRecipe& recipe) {
  if (const small::TaskRow* task = small_task_of(recipe)) return small_policy(*task, network);
  return robot_policy(network, load_robot(recipe.robot), recipe.env);
}

}  // namespace kennel
