// `kennel eval`: scores policies and prints a table or JSON lines.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kennel/judge/judge.h"

namespace kennel {

struct EvalCommand {
  std::vector<std::string> policies;  // files
  int episodes = 96;
  std::uint64_t seed = 1;
  bool json = false;
  int threads = 0;    // 0: one for each core
  std::string model;  // MJCF; empty: the shipped Pupper v3
  std::vector<judge::Condition> conditions = {judge::Condition::kNominal,
                                              judge::Condition::kRandomised};
};

/// Prints one line a policy and condition on standard output, progress on standard error.
/// \return the exit code, 0
/// \throws Error when a policy, the model or an option is unusable; every policy is checked before
/// the first is played
int run_eval(const EvalCommand& command);

}  // namespace kennel
