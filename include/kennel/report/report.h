// `kennel report`: a policy, and the run it came from, as one HTML file that needs no network.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "kennel/io/run_folder.h"
#include "kennel/judge/judge.h"
#include "kennel/policy/policy_file.h"

namespace kennel::report {

/// A judgement, and of what.
struct Judged {
  judge::Condition condition;
  judge::Physics physics;
  judge::EvalResult result;
};

struct ReportOptions {
  int judge_episodes = 96;          // a condition and physics; 0: no judgement
  std::vector<Judged> judged = {};  // where it is known already, it is not played again
  int slow_episodes = 16;           // a slow command; 0: none
  int sweep_episodes = 16;          // a value; a quarter of it a cell of the grid; 0: neither
  std::uint64_t seed = judge::kFirstPublishedSeed;
  int threads = 0;      // 0: one for each core
  std::string model{};  // MJCF; empty: `judge::model_for` the subject's run or policy

  /// Called now and then with what is played and how many episodes of it are done; may be empty.
  std::function<void(const std::string& what, int done)> on_progress = {};
};

/// What a report is about.
struct Subject {
  std::string title;
  std::string policy_name;  // in the tables
  PolicyFile policy;
  const RunFolder* run = nullptr;  // where there is one: curves, recipe, machine; outlives this
};

/// A run and its policy.
Subject subject_of(const RunFolder& run, PolicyFile policy);

/// Judges the policy and writes the page in one step: a reader sees the old file or the new one.
/// \throws Error when the file cannot be written
void write_report(const Subject& subject, const std::filesystem::path& file,
                  const ReportOptions& options);

/// How long a run has been training by its own account, s: all its iterations, whatever interrupted
/// them.
/// \param until  leaves out what came after this step
double trained_seconds(const RunFolder& run, std::optional<std::int64_t> until = {});

}  // namespace kennel::report
