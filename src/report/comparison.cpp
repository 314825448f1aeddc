#include "kennel/report/comparison.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "compared_runs.h"
#include "kennel/core/check.h"
#include "kennel/core/infinity.h"
#include "metrics_table.h"

namespace kennel::report {
namespace {

constexpr double kSmoothing = 1.0 / 50.0;  // of a run's steps

constexpr const char* kVelocityError = "env/velocity_error";
constexpr const char* kEpisodes = "episode/count";  // that ended in an iteration

// What says how well a task is done, the first that there is.
constexpr const char* kMeasures[] = {kVelocityError, "env/tilt_error", kReturn, "env/reward"};

constexpr double kVelocityThresholds[] = {0.4, 0.3, 0.2};  // m/s
constexpr double kShares[] = {0.5, 0.9, 0.99};

// Of the errors that tasks log.
constexpr std::pair<const char*, const char*> kUnits[] = {
    {kVelocityError, "m/s"},   {"env/yaw_error", "rad/s"},        {"env/tilt_error", "rad"},
    {"env/height_error", "m"}, {"env/falls_per_minute", "1/min"}, {"episode/seconds", "s"}};

void leave_out_return(LoadedRun& run) {
  if (const auto found = run.series.find(kReturn); found != run.series.end())
    std::fill(found->second.begin(), found->second.end(), kNaN);
}

/// An iteration in which no episode ended has no return, whatever number stands for it: robots'
/// episodes often time out together, many iterations apart.
void leave_out_empty(const MetricsTable& table, LoadedRun& run) {
  const std::vector<double>* count = table.find(kEpisodes);
  const auto found = run.series.find(kReturn);
  if (count == nullptr || found == run.series.end()) return;
  for (std::size_t row = 0; row < count->size(); ++row)
    if ((*count)[row] == 0.0) found->second[row] = kNaN;
}

LoadedRun load(const ComparedRun& run) {
  const MetricsTable table = read_metrics(run.folder / "metrics.csv");
  LoadedRun loaded{.steps = table.step, .seconds = {}, .series = {}};
  const std::vector<double>* each = table.find("time/iteration_seconds");
  double seconds = 0.0;
  for (std::size_t row = 0; row < table.step.size(); ++row) {
    if (each && std::isfinite((*each)[row])) seconds += (*each)[row];
    loaded.seconds.push_back(seconds);
  }
  for (const Series& series : table.series) loaded.series[series.name] = series.values;
  leave_out_empty(table, loaded);
  return loaded;
}

std::vector<double> thresholds_of(const Comparison& comparison, const LoadedRuns& runs) {
  std::vector<double> all = comparison.thresholds;
  if (all.empty() && runs.measure == kVelocityError)
    all.assign(std::begin(kVelocityThresholds), std::end(kVelocityThresholds));
  if (all.empty()) {
    std::vector<double> starts;
    double best = kNaN;
    for (const auto& method : runs.methods)
      for (const LoadedRun& run : method) {
        const Curve curve = smooth_curve(run, runs.measure);
        if (curve.y.empty()) continue;
        starts.push_back(curve.y.front());
        for (const double y : curve.y)
          if (std::isnan(best) || (runs.smaller_is_better ? y < best : y > best)) best = y;
      }
    if (starts.empty()) return {};
    if (comparison.best && runs.measure == kReturn) best = *comparison.best;
    const double start = median(starts);
    for (const double share : kShares) all.push_back(start + share * (best - start));
  }
  std::sort(all.begin(), all.end());
  if (runs.smaller_is_better) std::reverse(all.begin(), all.end());
  return all;
}

/// The curve's last value; NaN of nothing.
double last_of(const Curve& curve) { return curve.y.empty() ? kNaN : curve.y.back(); }

std::string chosen_measure(const Comparison& comparison, const LoadedRuns& runs) {
  std::set<std::string> columns, known;  // known: with a number at least
  for (const auto& method : runs.methods)
    for (const LoadedRun& run : method)
      for (const auto& [name, values] : run.series) {
        columns.insert(name);
        if (std::any_of(values.begin(), values.end(), [](double x) { return std::isfinite(x); }))
          known.insert(name);
      }
  if (!comparison.measure.empty()) {
    std::string listed;
    for (const std::string& name : columns) listed += (listed.empty() ? "" : ", ") + name;
    KENNEL_CHECK(columns.empty() || columns.contains(comparison.measure), "no run has measured ",
                 comparison.measure, "; there are: ", listed);
    return columns.empty() ? "" : comparison.measure;
  }
  for (const char* name : kMeasures)
    if (known.contains(name)) return name;
  return "";
}

}  // namespace

std::optional<bool> smaller_is_better(const std::string& column) {
  if (column == kReturn || column == "env/reward" || column.starts_with("reward/")) return false;
  for (const char* bad : {"_error", "falls", "diverged", "terminated"})
    if (column.find(bad) != std::string::npos) return true;
  return {};
}

std::string unit_of(const std::string& column) {
  for (const auto& [name, unit] : kUnits)
    if (column == name) return unit;
  return "";
}

LoadedRuns load_runs(const Comparison& comparison) {
  LoadedRuns runs;
  for (const ComparedMethod& method : comparison.methods) {
    std::vector<LoadedRun>& loaded = runs.methods.emplace_back();
    for (const ComparedRun& run : method.runs) {
      loaded.push_back(load(run));
      if (!method.whole_episodes) leave_out_return(loaded.back());
    }
  }
  runs.measure = chosen_measure(comparison, runs);
  runs.smaller_is_better = smaller_is_better(runs.measure).value_or(false);
  return runs;
}

double LoadedRun::smoothing() const { return steps.empty() ? 0.0 : kSmoothing * steps.back(); }

Curve smooth_curve(const LoadedRun& run, const std::string& name) {
  const auto found = run.series.find(name);
  if (found == run.series.end()) return {};
  Curve curve;
  for (std::size_t row = 0; row < run.steps.size(); ++row) {
    if (!std::isfinite(found->second[row])) continue;
    curve.x.push_back(run.steps[row]);
    curve.y.push_back(found->second[row]);
  }
  return smoothed(curve, run.smoothing());
}

Curve by_seconds(const LoadedRun& run, Curve curve) {
  std::size_t row = 0;
  for (double& x : curve.x) {
    while (run.steps[row] != x) ++row;
    x = run.seconds[row];
  }
  return curve;
}

ComparisonFacts facts_of(const Comparison& comparison) {
  return facts_of(comparison, load_runs(comparison));
}

ComparisonFacts facts_of(const Comparison& comparison, const LoadedRuns& runs) {
  ComparisonFacts facts{runs.measure, runs.smaller_is_better, thresholds_of(comparison, runs), {}};
  for (const auto& method : runs.methods) {
    std::vector<RunFacts>& all = facts.runs.emplace_back();
    for (const LoadedRun& run : method) {
      RunFacts& one = all.emplace_back();
      if (!run.steps.empty()) {
        one.steps = run.steps.back();
        one.seconds = run.seconds.back();
      }
      const Curve curve = smooth_curve(run, runs.measure);
      one.last = last_of(curve);
      one.last_return = last_of(smooth_curve(run, kReturn));
      const Curve timed = by_seconds(run, curve);
      for (const double threshold : facts.thresholds) {
        const auto steps = first_at(curve, threshold, runs.smaller_is_better);
        const auto seconds = first_at(timed, threshold, runs.smaller_is_better);
        one.reached.push_back(steps ? std::optional(Reached{*steps, *seconds}) : std::nullopt);
      }
    }
  }
  return facts;
}

}  // namespace kennel::report
