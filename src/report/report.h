// `kennel report`: a run and its policy as one HTML file that needs no network.
#pragma once

#include <filesystem>

#include "kennel/io/run_folder.h"

namespace kennel::report {

struct ReportOptions {
  int judge_episodes = 96;  // a condition and physics; 0: no judgement
  int sweep_episodes = 16;  // a value; a quarter of it a cell of the grid; 0: neither
  std::uint64_t seed = 1;
  int threads = 0;  // 0: one for each core
};

/// Judges the run's policy and writes the page in one step: a reader sees the old file or the new
/// one. \throws Error when the run has no policy, or the file cannot be written
void write_report(const RunFolder& run, const std::filesystem::path& file,
                  const ReportOptions& options);

}  // namespace kennel::report
