#include "policy_export.h"

#include <cmath>

#include "kennel/core/check.h"
#include "kennel/model/mjcf.h"
#include "kennel/sim/make_env.h"

namespace kennel {

PolicyFile policy_file(const PolicyNetwork& network, const pupper::EnvConfig& env) {
  const std::filesystem::path model_file = shipped_model();
  const Quadruped<double> model = load_quadruped(model_file).model;
  const Hinge<double>& first = model.leg[0].hinge[0];

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
    policy.default_joint_pos[joint] = pupper::kDefaultPose[joint];
    // Narrower than the joint's range, as targets were in training and are in the robot's hardware.
    policy.joint_lower_limits[joint] = static_cast<float>(hinge.range_low + env.task.target_margin);
    policy.joint_upper_limits[joint] =
        static_cast<float>(hinge.range_high - env.task.target_margin);
  }
  return policy;
}

}  // namespace kennel
