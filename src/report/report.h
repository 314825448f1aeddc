// `kennel report`: a run and its policy as one HTML file that needs no network.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "kennel/io/run_folder.h"
#include "kennel/judge/judge.h"

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
  int sweep_episodes = 16;          // a value; a quarter of it a cell of the grid; 0: neither
  std::uint64_t seed = 1;
  int threads = 0;  // 0: one for each core

  /// Called now and then with what is played and how many episodes of it are done; may be empty.
  std::function<void(const std::string& what, int done)> on_progress = {};
};

/// Judges the run's policy and writes the page in one step: a reader sees the old file or the new
/// one. \throws Error when the run has no policy, or the file cannot be written
void write_report(const RunFolder& run, const std::filesystem::path& file,
                  const ReportOptions& options);

}  // namespace kennel::report
