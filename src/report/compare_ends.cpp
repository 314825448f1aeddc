// What the runs of a comparison come to: when they reached thresholds, and what they ended with.
#include <algorithm>
#include <cmath>
#include <functional>

#include "compared_runs.h"
#include "kennel/core/check.h"
#include "kennel/core/infinity.h"

namespace kennel::report {
namespace {

using Json = nlohmann::ordered_json;

double median_reached(const std::vector<RunFacts>& runs, std::size_t threshold,
                      double Reached::*which) {
  std::vector<double> values;
  for (const RunFacts& run : runs)
    values.push_back(run.reached[threshold] ? (*run.reached[threshold]).*which : kInfinity);
  return median(values);
}

double median_trained(const std::vector<RunFacts>& runs, double RunFacts::*which) {
  std::vector<double> values;
  for (const RunFacts& run : runs)
    if (run.steps > 0.0) values.push_back(run.*which);
  return median(values);
}

/// A number that a run has, infinite where it is worse than every number; NaN: not measured.
using NumberOf = std::function<double(std::size_t method, std::size_t run)>;

/// A policy that falls at once has no error, and is none the better for it.
double judged(const Json& judgement, const JudgedFigure& figure) {
  if (!judgement.is_object() || !judgement.contains("figures")) return kNaN;
  const Json& figures = judgement.at("figures");
  if (!figures.contains(figure.key)) return kNaN;
  const Json& value = figures.at(figure.key);
  if (value.is_number() && std::isfinite(value.get<double>())) return value.get<double>();
  return figure.larger_is_better ? -kInfinity : kInfinity;
}

/// Of the methods that have values, the one of the best median; nothing where there is none.
std::optional<std::size_t> best_of(const ComparedEnd& end) {
  std::optional<std::size_t> best;
  for (std::size_t m = 0; m < end.methods.size(); ++m) {
    if (end.methods[m].count == 0) continue;
    const double median = end.methods[m].median;
    if (!best || (end.larger_is_better ? median > end.methods[*best].median
                                       : median < end.methods[*best].median))
      best = m;
  }
  return best;
}

/// A single seed says nothing of what others would.
bool told_apart(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() < 2 || b.size() < 2) return false;
  const MedianInterval between = bootstrap_difference(a, b);
  return between.low > 0.0 || between.high < 0.0;
}

std::string doubt_of(const Comparison& comparison, const ComparedEnd& end,
                     const std::vector<std::vector<double>>& values) {
  const std::optional<std::size_t> best = best_of(end);
  if (!best) return "";
  std::string alike;
  for (std::size_t m = 0; m < values.size(); ++m)
    if (m != *best && !values[m].empty() && !told_apart(values[*best], values[m]))
      alike += (alike.empty() ? "" : ", ") + comparison.methods[m].label;
  if (alike.empty()) return "";
  return text("In ", end.title, " these seeds do not tell apart from the best, ",
              comparison.methods[*best].label, ": ", alike, '.');
}

/// Adds a quantity, unless no run was measured by it.
void add(const Comparison& comparison, ComparedEnd end, const NumberOf& number,
         std::vector<ComparedEnd>& all) {
  std::vector<std::vector<double>> values;
  bool any = false;
  for (std::size_t m = 0; m < comparison.methods.size(); ++m) {
    std::vector<double>& own = values.emplace_back();
    const std::size_t runs = comparison.methods[m].runs.size();
    for (std::size_t r = 0; r < runs; ++r)
      if (const double value = number(m, r); !std::isnan(value)) own.push_back(value);
    const MedianInterval interval = bootstrap_median(own);
    end.methods.push_back({interval.median, interval.low, interval.high, own.size(), runs});
    any = any || !own.empty();
  }
  if (!any) return;
  end.doubt = doubt_of(comparison, end, values);
  all.push_back(std::move(end));
}

}  // namespace

std::vector<std::vector<MethodReached>> reached_of(const ComparisonFacts& facts) {
  std::vector<std::vector<MethodReached>> all(facts.thresholds.size());
  for (std::size_t k = 0; k < all.size(); ++k)
    for (const std::vector<RunFacts>& runs : facts.runs) {
      const auto count = std::count_if(runs.begin(), runs.end(),
                                       [&](const RunFacts& run) { return bool(run.reached[k]); });
      all[k].push_back({median_reached(runs, k, &Reached::steps),
                        median_reached(runs, k, &Reached::seconds), static_cast<std::size_t>(count),
                        runs.size()});
    }
  return all;
}

std::vector<MethodTrained> trained_of(const ComparisonFacts& facts) {
  std::vector<MethodTrained> all;
  for (const std::vector<RunFacts>& runs : facts.runs)
    all.push_back(
        {median_trained(runs, &RunFacts::steps), median_trained(runs, &RunFacts::seconds)});
  return all;
}

std::vector<ComparedEnd> ends_of(const Comparison& comparison, const ComparisonFacts& facts) {
  std::vector<ComparedEnd> all;
  if (!facts.measure.empty())
    add(
        comparison,
        {"", "last " + facts.measure, unit_of(facts.measure), 4, !facts.smaller_is_better},
        [&](std::size_t m, std::size_t r) { return facts.runs[m][r].last; }, all);
  if (facts.measure != kReturn)
    add(
        comparison, {"", text("last ", kReturn), "", 4, true},
        [&](std::size_t m, std::size_t r) { return facts.runs[m][r].last_return; }, all);
  for (const JudgedFigure& figure : comparison.figures)
    add(
        comparison,
        {figure.key, figure.title, figure.unit, figure.decimals, figure.larger_is_better},
        [&](std::size_t m, std::size_t r) {
          return judged(comparison.methods[m].runs[r].judgement, figure);
        },
        all);
  return all;
}

}  // namespace kennel::report
