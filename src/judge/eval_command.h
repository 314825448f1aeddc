// `kennel eval`: scores policies and prints a table or JSON lines.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "kennel/judge/judge.h"

namespace kennel {

struct EvalCommand {
  enum class Study { kProtocol, kSweeps, kGrid };

  std::vector<std::string> policies;  // files
  std::function<PolicyFile(const std::string&)> load = load_policy;
  Study study = Study::kProtocol;
  std::optional<int> episodes;  // a policy and condition, or a cell; default: the study's own
  std::uint64_t seed = 1;
  bool json = false;
  int threads = 0;    // 0: one for each core
  std::string model;  // MJCF; empty: the shipped Pupper v3
  std::vector<judge::Condition> conditions = {judge::Condition::kNominal,
                                              judge::Condition::kRandomised};
  std::vector<judge::Physics> physics = {judge::Physics::kMujoco};

  /// Called with each result of the protocol; may be empty.
  std::function<void(judge::Condition, judge::Physics, const judge::EvalResult&)> on_result;
};

/// Prints one line a policy, condition and physics on standard output, or the tables of a study;
/// progress on standard error.
/// \return the exit code, 0
/// \throws Error when a policy, the model or an option is unusable; every policy is checked before
/// the first is played
int run_eval(const EvalCommand& command);

}  // namespace kennel
