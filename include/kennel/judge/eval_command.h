// `kennel eval`: scores policies and prints a table or JSON lines.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "kennel/judge/judge.h"

namespace kennel {

enum class Study { kProtocol, kSlow, kSweeps, kGrid, kFalls };

struct StudyInfo {
  Study study;
  const char* name;
  int episodes;  // unless told otherwise
  const char *each, *doc;
};

/// Every study, in the order of the enumeration.
inline constexpr StudyInfo kStudies[] = {
    {Study::kProtocol, "protocol", 96, "a policy and condition", "random commands"},
    {Study::kSlow, "slow", 16, "a command", "nine slow commands, the worst of them the figure"},
    {Study::kSweeps, "sweeps", 16, "a value", "one thing about robot or floor at a time"},
    {Study::kGrid, "grid", 4, "a command", "every command by itself"},
    {Study::kFalls, "falls", 480, "a condition",
     "each fall of the protocol, what came before it, and what robots that fell have in common"},
};

struct EvalCommand {
  std::vector<std::string> policies;  // files
  std::function<PolicyFile(const std::string&)> load = load_policy;
  Study study = Study::kProtocol;
  std::optional<int> episodes;  // a policy and condition, or a cell; default: the study's own
  std::uint64_t seed = judge::kFirstPublishedSeed;
  bool json = false;
  int threads = 0;    // 0: one for each core
  std::string model;  // MJCF; empty: `judge::model_for` each policy
  decltype(judge::EvalOptions::command)
      told{};  // all the time, in the protocol's place of random ones
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
