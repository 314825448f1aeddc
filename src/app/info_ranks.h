// `kennel info --ranks`: who trains together, and what a sum over all costs.
#pragma once

#include <string>

namespace kennel {

struct RankInfoCommand {
  int ranks = 0;  // to start on this machine; 0: those of the launcher
  std::string device = "auto";
  bool json = false;
};

/// Prints on the first rank.
/// \return the exit code
int run_rank_info(const RankInfoCommand& command);

}  // namespace kennel
