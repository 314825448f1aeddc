// From a network to the policy file of the environments that it was trained in: what a recipe says,
// as the robot's controller reads it. Needs neither LibTorch nor the learning methods.
#pragma once

#include "kennel/policy/policy_file.h"
#include "kennel/run/env_recipe.h"

namespace kennel {

/// What a policy of these environments says of its robot, made before training.
/// \throws Error for an environment that makes no policy file, naming the recipe's key
RobotContract contract_of(const Robot& robot, const quadruped::EnvConfig& env);

/// The policy with everything the robot's controller needs to know about the environment it was
/// trained in, its actions clamped as the environments clamp them.
/// \throws Error as `contract_of`
PolicyFile robot_policy(const PolicyNetwork& network, const Robot& robot,
                        const quadruped::EnvConfig& env);

/// The policy of a task without a robot.
PolicyFile small_policy(const small::TaskRow& task, const PolicyNetwork& network);

/// Whichever of the two a recipe is for; of its robot, loaded here.
/// \throws Error as `contract_of`, and for a robot that cannot be loaded
PolicyFile policy_file(const PolicyNetwork& network, const EnvRecipe& recipe);

}  // namespace kennel
