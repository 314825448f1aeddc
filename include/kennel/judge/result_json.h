// A result of the judge as `kennel eval --json` has it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "kennel/judge/judge.h"

namespace kennel {

/// What a result is about.
struct EvalSubject {
  std::string policy;
  judge::Physics physics;
  std::uint64_t seed;
  const RobotContract& robot;
};

/// A result of the protocol as one JSON object; what has no number is null.
/// \param told  what the robot is told all the time, where commands are not random
std::string protocol_json(const EvalSubject& subject, judge::Condition condition,
                          const judge::EvalResult& result,
                          const decltype(judge::EvalOptions::command)& told);

}  // namespace kennel
