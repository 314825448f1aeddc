// The curves of a comparison's runs, for its facts and its page.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "kennel/report/comparison.h"
#include "kennel/report/statistics.h"

namespace kennel::report {

inline constexpr const char* kReturn = "episode/return";

/// A run's metrics.csv.
struct LoadedRun {
  std::vector<double> steps, seconds;                 // of training, a row each
  std::map<std::string, std::vector<double>> series;  // NaN where there is none

  /// How far smoothing reaches back, in steps. Of its own: under equal time methods train very
  /// different numbers of steps, and a width of the longest would hide all of what a short one
  /// learns.
  double smoothing() const;
};

struct LoadedRuns {
  std::vector<std::vector<LoadedRun>> methods{};  // by method, by run
  std::string measure{};                          // empty where no run has any
  bool smaller_is_better = false;
};

LoadedRuns load_runs(const Comparison& comparison);

/// A series by steps; empty where the run has none of it.
Curve smooth_curve(const LoadedRun& run, const std::string& name);

/// The same curve by the run's seconds of training.
Curve by_seconds(const LoadedRun& run, Curve by_steps);

ComparisonFacts facts_of(const Comparison& comparison, const LoadedRuns& runs);

}  // namespace kennel::report
