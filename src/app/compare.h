// kennel compare: several recipes or methods, the same budget and the same seeds, on one page.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "compare_plan.h"
#include "kennel/run/device.h"

namespace kennel {

/// Flags of the command. All values are checked; the recipes are not yet read.
struct CompareCommand {
  CompareRequest request;
  std::filesystem::path out = "compare";
  int jobs = 0;  // 0: one for each core, or one on a GPU
  std::vector<Device> devices;
  std::uint64_t judge_seed = 7;
  std::optional<int> judge_episodes;  // empty: `usual_episodes`
  std::string measure;                // column of metrics.csv; empty: see report/comparison.h
  std::vector<double> thresholds;     // of the measure; empty: the same
  bool dry_run = false;               // says what would be trained
};

/// Trains and judges every run that is not complete, each in processes of its own, and prints the
/// table. The folder:
///     OUT/
///       format  lock         as a run's (run_folder.h): its version; held by who compares
///       compare.json         minutes, threads and device of its runs (compare_means.h)
///       runs/NAME/           a run's folder each, and in it
///         judgement.json     what the judge says (sweep_judgement.h)
///         occupancy.json     what a robot's policy visits (judge/occupancy.h)
///       logs/NAME.log        what its processes printed
///       compare.jsonl        a line a run
///       compare.html         curves, thresholds, ends (report/comparison.h)
///       compare.md           the tables, what made them and by which seeds (compare_table.h)
/// \return the exit code: 1 where a run failed or the comparison was interrupted
/// \throws Error when recipes or folder are unusable, before anything is trained
int run_compare(const CompareCommand& command);

}  // namespace kennel
