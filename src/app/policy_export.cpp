#include "policy_export.h"

#include <algorithm>
#include <cmath>

#include "envs/robots.h"
#include "kennel/core/check.h"
#include "kennel/core/resource.h"
#include "kennel/model/mjcf.h"
#include "kennel/sim/make_env.h"

namespace kennel {
namespace {

/// The targets' limits must leave room for the pose that actions start from.
void check_margin(const Quadruped<double>& model, float margin) {
  double room = 1e9;
  int tightest = 0;
  for (int joint = 0; joint < kNumJoints; ++joint) {
    const Hinge<double>& hinge = model.leg[joint / kJointsPerLeg].hinge[joint % kJointsPerLeg];
    const double pose = robot_named(kDefaultRobot).pose[joint];
    const double left = std::min(pose - hinge.range_low, hinge.range_high - pose);
    if (left < room) room = left, tightest = joint;
  }
  KENNEL_CHECK(margin < room, "env.target_margin = ", margin, ": the default pose of joint ",
               kPolicyJointNames[tightest], " is ", room,
               " rad inside its range, so that no target could hold it; set it below that");
}

/// The robot's file is text, and nobody reads a longer one than kLargestPolicyFile.
void check_size(const RunConfig& config) {
  constexpr double kBytesANumber = 14.0;  // in the mean, as trained weights are written
  double numbers = 0.0, in = config.env.task.history * kPolicyFrame;
  for (const int width : config.ppo.actor_hidden) numbers += (in + 1.0) * width, in = width;
  numbers += (in + 1.0) * kPolicyJoints;
  constexpr double kMiB = 1 << 20;
  const double most = kLargestPolicyFile / kMiB, size = kBytesANumber * numbers / kMiB;
  KENNEL_CHECK(size <= most, "ppo.actor_hidden: a policy of ", std::round(1e-5 * numbers) / 10.0,
               " million weights makes a file of some ", std::round(size),
               " MiB; a policy file has at most ", most, " MiB: use fewer or narrower layers");
}

/// The actor of a recipe with all weights zero.
PolicyNetwork untrained(const RunConfig& config) {
  PolicyNetwork network;
  int in = config.env.task.history * kPolicyFrame;
  const auto add = [&](int out, const std::string& activation) {
    network.layers.push_back({in, out, std::vector<float>(static_cast<std::size_t>(in) * out),
                              std::vector<float>(out), activation});
    in = out;
  };
  for (const int width : config.ppo.actor_hidden) add(width, config.ppo.activation);
  add(kPolicyJoints, config.ppo.squash_mean ? "tanh" : "");
  return network;
}

}  // namespace

PolicyFile policy_file(const PolicyNetwork& network, const quadruped::EnvConfig& env) {
  const std::filesystem::path model_file = robot_model();
  const Quadruped<double> model = load_quadruped(model_file).model;
  const Hinge<double>& first = model.leg[0].hinge[0];
  check_margin(model, env.task.target_margin);

  PolicyFile policy;
  policy.network = network;
  policy.observation_history = env.task.history;
  policy.kp = static_cast<float>(first.kp);
  policy.kd = static_cast<float>(first.kd);
  policy.action_scale.fill(env.task.action_scale);
  policy.training_solver = {env.task.solver_iterations, env.task.ls_iterations};
  policy.control_dt = static_cast<float>(env.task.decimation * model.timestep);
  for (int joint = 0; joint < kNumJoints; ++joint) {
    const Hinge<double>& hinge = model.leg[joint / kJointsPerLeg].hinge[joint % kJointsPerLeg];
    KENNEL_CHECK(hinge.kp == first.kp && hinge.kd == first.kd, model_file.string(), ": joint ",
                 joint, " has kp ", hinge.kp, " and kd ", hinge.kd, ", joint 0 has ", first.kp,
                 " and ", first.kd, "; the robot's policy file knows one pair for all");
    policy.default_joint_pos[joint] = robot_named(kDefaultRobot).pose[joint];
    // Narrower than the joint's range, as targets were in training and are in the robot's hardware.
    policy.joint_lower_limits[joint] = static_cast<float>(hinge.range_low + env.task.target_margin);
    policy.joint_upper_limits[joint] =
        static_cast<float>(hinge.range_high - env.task.target_margin);
  }
  return policy;
}

std::string check_exportable(const RunConfig& config) {
  check_size(config);
  const PolicyFile policy =
      completed("the policy of this recipe", policy_file(untrained(config), config.env));
  return deployment_warning(policy);
}

}  // namespace kennel
