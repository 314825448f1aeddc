// What the runs of a comparison come to, as its folder's files and on the terminal.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "compare.h"
#include "compare_plan.h"
#include "kennel/report/comparison.h"
#include "study_folder.h"
#include "sweep_judgement.h"

namespace kennel {

/// Of the plan's runs as they are whenever it is asked; all that it is made of outlives it.
class CompareResults {
 public:
  CompareResults(const CompareCommand& command, const ComparePlan& plan, const SweepJudge& judge)
      : command_(command), plan_(plan), judge_(judge) {}

  /// compare.jsonl: a line a run.
  void write_lines(const StudyFolder& folder) const;

  /// compare.html and compare.md.
  /// \param side_by_side  how the runs were scheduled
  void write_pages(const StudyFolder& folder, const std::string& title,
                   const std::string& side_by_side) const;

  /// The table, on standard output.
  void print() const;

  std::size_t complete() const;

  /// A warning for each recipe whose runs have a good deal more steps than were asked for: a
  /// training ends with a whole iteration.
  std::vector<std::string> overshoots() const;

 private:
  report::Comparison comparison(const std::string& title) const;
  std::string line_of(const StudyRun& run, const report::ComparisonFacts& facts,
                      const report::RunFacts& own) const;
  std::size_t seeds() const { return static_cast<std::size_t>(plan_.request.seeds); }

  const CompareCommand& command_;
  const ComparePlan& plan_;
  const SweepJudge& judge_;
};

/// "in MuJoCo, 96 episodes a condition of seed 1000 (published)".
std::string judged_text(const ComparePlan& plan, const SweepJudge& judge);

/// The command line that makes the same comparison, defaults that decide numbers included.
std::string command_text(const CompareCommand& command, const SweepJudge& judge);

}  // namespace kennel
