// `--ranks N`: this command again as N processes, which train together.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "kennel/ranks/ranks.h"

namespace kennel {

/// Starts `command` as so many ranks of this machine, passes signals on to them and waits. Ranks
/// that others leave behind are ended.
/// \param command  the program and its arguments
/// \return the exit code: 0 where all ranks ended well
/// \throws Error when they cannot be started
int launch_ranks(const std::vector<std::string>& command, int ranks);

/// Meets the other ranks and works with them. One rank speaks for all; what the others have to say
/// comes out where it is an error, once, and ends the program.
/// \return the exit code
int together(const RankPlace& place, const std::function<int(Ranks&)>& work);

/// This process's own command line without a flag and its value.
std::vector<std::string> own_command_without(const std::vector<std::string>& flags);

}  // namespace kennel
