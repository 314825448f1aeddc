// From a trained network to the robot's policy file.
#pragma once

#include "kennel/policy/policy_file.h"
#include "kennel/run/run_config.h"

namespace kennel {

using quadruped::EnvConfig;

/// What a policy of these environments says of its robot, made before training.
/// \throws Error for an environment that makes no policy file, naming the recipe's key
RobotContract contract_of(const Robot& robot, const EnvConfig& env);

/// Whether a recipe's method looks for a gait.
bool seeks_gait(const RunConfig& config);

/// What a gait has to know of a recipe's robot.
/// \param robot  the recipe's, loaded
/// \throws Error where a gait cannot move it, or it is not told to walk
GaitContract gait_of(const RunConfig& config, const Robot& robot);

/// The policy with everything the robot's controller needs to know about the environment it was
/// trained in.
/// \throws Error for an environment that makes no policy file, naming the recipe's key
PolicyFile policy_file(const PolicyNetwork& network, const RunConfig& config);

/// Makes the policy file that a run of this recipe ends with, its weights zero, and checks it as
/// the last one will be: what cannot be exported is not trained.
/// \return what the robot's own controller would do otherwise, `deployment_warning`
/// \throws Error naming what is wrong
std::string check_exportable(const RunConfig& config);

}  // namespace kennel
