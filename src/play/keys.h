// What the keys do to what a robot is told.
#pragma once

#include <array>
#include <string>

#include "kennel/judge/quantities.h"
#include "kennel/render/window.h"

namespace kennel::play {

/// What the user asks for: W and S move the first quantity, A and D the second, Q and E the third,
/// to the ends of what the robot may be told.
judge::Command command_under_keys(const RobotContract& robot, const judge::Told& told,
                                  const render::WindowInput& input);

/// What each of the three pairs of keys does, "pitch: nose down, up".
std::array<std::string, kCommandTerms> help_of(const judge::Told& told);

}  // namespace kennel::play
