// When a robot walks: what a judgement must show, in one table.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kennel/judge/sweeps.h"

namespace kennel::judge {

/// What can be asked of a policy. Each gate asks everything that those before it ask.
enum class Gate { kWalks, kObeys };

struct GateInfo {
  Gate gate;
  const char *name, *doc;
};

/// Every gate, in the order of the enumeration.
inline constexpr GateInfo kGates[] = {
    {Gate::kWalks, "walks", "follows random commands and stays on its feet"},
    {Gate::kObeys, "obeys", "walks, and goes as slowly as it is told to"},
};

/// What has been played of a policy, all of it in MuJoCo and of one judge seed.
struct Judgement {
  std::optional<EvalResult> nominal, randomised;
  std::optional<SlowStudy> slow;
};

/// How many episodes of each condition, and of each slow command, a gate is meant for.
inline constexpr int kGateEpisodes = 96, kGateSlowEpisodes = 16;

/// A number of a judgement that must not be larger.
struct Limit {
  Gate gate;
  const char *study, *name, *unit;  // "nominal", "velocity", "m/s"
  double at_most;                   // for a robot of size 1

  /// What `at_most` is multiplied by for another robot.
  double (*scale)(const RobotContract& robot);
  /// Empty where the study has not been played.
  std::optional<double> (*value)(const Judgement& judgement);
};

/// Every limit of every gate.
std::span<const Limit> limits();

/// A limit, and what a judgement has of it.
struct Reading {
  const Limit* limit;
  double at_most;  // for this robot
  std::optional<double> value;

  bool is_met() const { return value && *value <= at_most; }  // NaN is not
};

/// What a gate asks of a judgement.
std::vector<Reading> readings(Gate gate, const Judgement& judgement, const RobotContract& robot);

/// Whether all of it has been played and every limit is met.
bool passes(Gate gate, const Judgement& judgement, const RobotContract& robot);

/// The limits that a judgement misses: "nominal velocity 0.312 m/s (at most 0.15)", each behind a
/// comma; empty where it misses none of those that were played.
std::string missed(Gate gate, const Judgement& judgement, const RobotContract& robot);

/// Plays what a gate asks for and `judgement` does not have yet, what is the gate's own first, and
/// stops where a limit is missed: after a sixth of the nominal episodes where all of them could not
/// mend it.
/// \param options  condition and physics do not count; of `episodes` a slow command takes its share
/// \throws Error like `evaluate`, and with `slow_refusal` for what is no walk
void play_for(Gate gate, const PolicyFile& policy, const EvalOptions& options,
              Judgement& judgement);

}  // namespace kennel::judge
