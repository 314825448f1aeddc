// Which model a policy is played in where nobody names one.
#pragma once

#include <filesystem>
#include <string>

#include "kennel/contract/robot_contract.h"

namespace kennel::judge {

/// The robot of the run that a policy lies in, or else the shipped one that it names.
/// \param policy  a policy's file or a run's folder; empty for a policy that is no file
/// \return an MJCF that exists
/// \throws Error when there is neither, saying how to name a model
std::string model_for(const std::filesystem::path& policy, const RobotContract& robot);

/// Whether a model is that of the shipped robot that a policy names.
bool is_shipped(const std::string& model, const RobotContract& robot);

}  // namespace kennel::judge
