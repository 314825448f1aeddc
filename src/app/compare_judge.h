// What the judge says of a comparison's run.
#pragma once

#include <filesystem>
#include <vector>

#include "compare_plan.h"
#include "kennel/judge/occupancy.h"
#include "kennel/report/comparison.h"
#include "sweep_judgement.h"

namespace kennel {

/// How many episodes a run is judged by unless somebody says otherwise.
int usual_episodes(const ComparePlan& plan);

/// The numbers of its runs' judgements: of a robot those of a sweep, of a small task its return.
std::vector<report::JudgedFigure> compared_figures(const ComparePlan& plan,
                                                   const SweepJudge& judge);

/// Judges a run's newest policy and writes `judgement.json` into its folder (sweep_judgement.h);
/// before that, of a robot's, `occupancy.json`: what the policy visits in the nominal episodes.
/// \return the exit code
int run_compare_judge(const std::filesystem::path& run, const SweepJudge& judge);

/// What the judged policy of a run visits; empty where that is not known, or its file
/// cannot be read: what is trained is worth a page without that picture.
std::vector<judge::Visited> read_occupancy(const StudyRun& run);

}  // namespace kennel
