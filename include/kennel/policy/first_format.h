// What policy files of format 1 leave unsaid.
#pragma once

#include "kennel/contract/robot_contract.h"

namespace kennel {

/// The robot of every file of format 1, by its own controller's numbers, as far as they
/// are the same in all such files. Later files say it all.
const RobotContract& first_format_robot();

}  // namespace kennel
