// What the runs of a sweep come to: a line a run, a row a setting.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "study_run.h"
#include "sweep_file.h"
#include "sweep_judgement.h"

namespace kennel {

/// A training of a sweep, of one of its file's settings.
using SweepRun = StudyRun;

/// Medians of a setting over its seeds.
struct SettingResult {
  std::size_t setting = 0;
  int seeds = 0, judged = 0, walks = 0, obeys = 0;
  std::vector<double> figures;  // NaN where nothing is judged
};

/// A row for each setting: those first of which most seeds obey, then those of which most walk,
/// then by the smaller figure of that number.
std::vector<SettingResult> ranked(const SweepFile& file, const std::vector<SweepRun>& runs,
                                  const std::vector<SweepFigure>& figures, std::size_t sort_by);

/// Prints the table.
/// \param gates  whether the task has them
void print_sweep(const SweepFile& file, const std::vector<SettingResult>& results,
                 const std::vector<SweepFigure>& figures, std::size_t sort_by, bool gates);

/// Everything known of a run, an object a line.
std::string sweep_line(const SweepFile& file, const SweepRun& run);

/// The same for sweep.html (report/sweep_page.h).
nlohmann::ordered_json sweep_table(const SweepFile& file, const std::vector<SettingResult>& results,
                                   const std::vector<SweepFigure>& figures, std::size_t sort_by,
                                   bool gates);

}  // namespace kennel
