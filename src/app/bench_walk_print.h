// How `kennel bench walk` shows what it measured.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bench_walk.h"
#include "kennel/judge/first_pass.h"

namespace kennel {

/// What the clock and the training say at a check.
struct Check {
  double seconds = 0.0;  // of the clock
  std::int64_t env_steps = 0;
  double start_up = 0.0, simulator = 0.0, policy = 0.0, update = 0.0;  // seconds, of these
  bool ended = false;

  double other() const { return seconds - start_up - simulator - policy - update; }
};

/// What a seed came to.
struct WalkTime {
  std::int64_t seed;
  nlohmann::ordered_json ready;  // what its process said of itself
  std::vector<Check> checks;
  judge::FirstPasses passes;

  /// The check that passed a gate; null where none did.
  const Check* at(judge::Gate gate) const {
    const auto& pass = passes[gate];
    return pass ? &checks[static_cast<std::size_t>(pass->candidate)] : nullptr;
  }
};

/// An object a line. Its numbers belong to the first check that walks, those named obeys_ to the
/// first that obeys; null where none did.
std::string walk_json(const WalkCommand& command, const RunConfig& config, const WalkTime& time);

/// The limits, and the head of the table.
void print_walk_head(const WalkCommand& command);
void print_walk_row(const WalkCommand& command, const WalkTime& time);

/// "walks: median 61.2 s, worst 80.0 s of 5 seeds"; a seed that never passes counts as later than
/// all others.
std::string walk_summary(const std::vector<WalkTime>& all, judge::Gate gate);

/// What a seed that did not pass every gate asked for lacks, in a sentence.
std::string walk_complaint(const WalkTime& time);

}  // namespace kennel
