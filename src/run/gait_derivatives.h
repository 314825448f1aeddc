// A robot's walk as a task with derivatives by the numbers of its gait.
#pragma once

#include "kennel/run/derivatives.h"

namespace kennel {

/// \param gait  of the robot
Derivatives gait_derivatives(const quadruped::EnvConfig& env, const Robot& robot,
                             const GaitContract& gait);

}  // namespace kennel
