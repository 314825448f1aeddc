// What a method of learning has to do with the robot's policy file.
#pragma once

#include "kennel/policy/gait_policy.h"
#include "kennel/policy/policy_network.h"
#include "kennel/run/env_policy.h"
#include "kennel/run/run_config.h"

namespace kennel {

/// Whether a recipe's method looks for a gait.
bool seeks_gait(const RunConfig& config);

/// What a gait has to know of a recipe's robot.
/// \param robot  the recipe's, loaded
/// \throws Error where a gait cannot move it, or it is not told to walk
GaitContract gait_of(const RunConfig& config, const Robot& robot);

/// Makes the policy file that a run of this recipe ends with, its weights zero, and checks it as
/// the last one will be: what cannot be exported is not trained.
/// \return what the robot's own controller would do otherwise, `deployment_warning`
/// \throws Error naming what is wrong
std::string check_exportable(const RunConfig& config);

}  // namespace kennel
