#include "keys.h"

#include "kennel/core/check.h"

namespace kennel::play {

judge::Command command_under_keys(const RobotContract& robot, const judge::Told& told,
                                  const render::WindowInput& input) {
  return judge::command_at(robot,
                           {told[0].key_sign * input.forward, told[1].key_sign * input.sideways,
                            told[2].key_sign * input.turn});
}

std::array<std::string, kCommandTerms> help_of(const judge::Told& told) {
  std::array<std::string, kCommandTerms> help;
  for (int at = 0; at < kCommandTerms; ++at) help[at] = text(told[at].name, ": ", told[at].keys);
  return help;
}

}  // namespace kennel::play
