// Several recipes trained by several seeds each: what their runs come to, and the page that shows
// it.
#pragma once

#include <cstddef>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kennel/judge/occupancy.h"

namespace kennel::report {

struct ComparedRun {
  int seed = 0;
  std::filesystem::path folder{};         // there may be nothing in it yet
  nlohmann::ordered_json judgement{};     // {"figures": {key: number}}; null: none
  std::vector<judge::Visited> visited{};  // by its judged policy; empty: not known
};

struct ComparedMethod {
  std::string label;
  std::vector<ComparedRun> runs{};
  bool whole_episodes = true;  // else its training's return is of none that can be compared
};

/// A number that a run's judgement has; null there is worse than every number.
struct JudgedFigure {
  std::string key, title, unit;
  int decimals = 3;
  bool larger_is_better = false;
};

struct Comparison {
  std::string title;
  std::vector<std::pair<std::string, std::string>> summary{};  // name, value
  std::vector<ComparedMethod> methods{};
  std::vector<JudgedFigure> figures{};

  /// A column of metrics.csv. Empty: the velocity error, or what comes nearest to it.
  std::string measure{};

  /// Of the measure. Empty: 0.4, 0.3 and 0.2 m/s of a velocity error; of anything else a half, nine
  /// tenths and 99 hundredths of the way from where the runs start (their median) to `best`.
  std::vector<double> thresholds{};
  std::optional<double> best{};  // return that none exceeds; empty: the best of these runs
};

/// Whether less of a column of metrics.csv is better; nothing where neither is, or it is not known.
std::optional<bool> smaller_is_better(const std::string& column);

/// The unit of a column that a task's environments write; empty: it has none.
std::string unit_of(const std::string& column);

/// Of a run, when its measure reached a threshold.
struct Reached {
  double steps = 0.0, seconds = 0.0;  // of its training, by its own account
};

struct RunFacts {
  double steps = 0.0, seconds = 0.0;              // that it has
  double last = 0.0;                              // of the measure; NaN where there is none
  double last_return = 0.0;                       // of its training's episodes, the same
  std::vector<std::optional<Reached>> reached{};  // in the order of the thresholds
};

/// What metrics.csv of every run says. Curves are smoothed: a row is the mean of itself and of
/// those of the fiftieth of its own run's steps before it. What is last is so as well.
struct ComparisonFacts {
  std::string measure;  // empty where no run has any
  bool smaller_is_better = false;
  std::vector<double> thresholds{};           // from easy to hard
  std::vector<std::vector<RunFacts>> runs{};  // by method, by run
};

/// \throws Error naming the columns that there are where no run has the one that is asked for
ComparisonFacts facts_of(const Comparison& comparison);

/// When the runs of a method reached a threshold. A run that did not counts as later than all that
/// did, so that the medians are not finite where half of them did not.
struct MethodReached {
  double steps = 0.0, seconds = 0.0;  // medians
  std::size_t count = 0, of = 0;      // runs that reached it, of so many
};

/// By threshold, by method.
std::vector<std::vector<MethodReached>> reached_of(const ComparisonFacts& facts);

/// How long the runs of a method that have begun were trained: medians, NaN where none has.
struct MethodTrained {
  double steps = 0.0, seconds = 0.0;
};

/// By method.
std::vector<MethodTrained> trained_of(const ComparisonFacts& facts);

/// Of the runs of a method that were measured: their median, and where 95 % of the medians of their
/// bootstrap resamples lie. A run that was judged without a number counts as worse than all that
/// have one, so that these may be infinite. NaN where none was measured.
struct MethodEnd {
  double median = 0.0, low = 0.0, high = 0.0;
  std::size_t count = 0, of = 0;  // runs that were measured, of so many
};

/// A number that runs end with.
struct ComparedEnd {
  std::string key;  // of the judged figure; empty: training's own
  std::string title, unit;
  int decimals = 3;
  bool larger_is_better = false;
  std::vector<MethodEnd> methods{};

  /// A sentence that names the methods which these seeds do not tell apart from the one of the best
  /// median: 95 % of the differences of the two medians' bootstrap resamples lie on both sides of
  /// 0, or one of the two has a single seed. Empty where there are none.
  std::string doubt{};
};

/// What training measured last, then the judged figures; without those that no run was measured by.
std::vector<ComparedEnd> ends_of(const Comparison& comparison, const ComparisonFacts& facts);

/// Writes the page in one step.
/// \throws Error when the file cannot be written
void write_compare_page(const Comparison& comparison, const std::filesystem::path& file);

}  // namespace kennel::report
