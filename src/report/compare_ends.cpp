// What the runs of a comparison come to: when they reached thresholds, and what they ended with.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <limits>

#include "compared_runs.h"
#include "kennel/core/check.h"

namespace kennel::report {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

double median_reached(const std::vector<RunFacts>& runs, std::size_t threshold,
                      double Reached::*which) {
  std::vector<double> values;
  for (const RunFacts& run : runs)
    values.push_back(run.reached[threshold] ? (*run.reached[threshold]).*which
                                            : std::numeric_limits<double>::infinity());
  return quantile(values, 0.5);
}

/// A number that a run has, or NaN.
using NumberOf = std::function<double(std::size_t method, std::size_t run)>;

double judged(const Json& judgement, const std::string& key) {
  if (!judgement.is_object() || !judgement.contains("figures")) return kNone;
  const Json& figures = judgement.at("figures");
  return figures.contains(key) && figures.at(key).is_number() ? figures.at(key).get<double>()
                                                              : kNone;
}

/// Why no ranking by this quantity can be trusted; empty where methods differ more than seeds.
std::string doubt_of(const ComparedEnd& end, const std::vector<std::vector<double>>& values) {
  const std::optional<Variances> variances = random_effects(values);
  if (!variances || variances->seeds <= variances->methods) return "";
  char numbers[96];
  std::snprintf(numbers, sizeof numbers, "%.3g among seeds, %.3g among methods",
                std::sqrt(variances->seeds), std::sqrt(variances->methods));
  return text("In ", end.title, " seeds differ more than methods: standard deviations ", numbers,
              end.unit.empty() ? "" : " " + end.unit,
              ". Which method is better here is not known from so many seeds.");
}

/// Adds a quantity, unless no run has it.
void add(const Comparison& comparison, ComparedEnd end, const NumberOf& number,
         std::vector<ComparedEnd>& all) {
  std::vector<std::vector<double>> values;
  bool any = false;
  for (std::size_t m = 0; m < comparison.methods.size(); ++m) {
    std::vector<double>& own = values.emplace_back();
    for (std::size_t r = 0; r < comparison.methods[m].runs.size(); ++r)
      if (const double value = number(m, r); std::isfinite(value)) own.push_back(value);
    const MedianInterval interval = bootstrap_median(own);
    end.methods.push_back({interval.median, interval.low, interval.high, own.size()});
    any = any || !own.empty();
  }
  if (!any) return;
  end.doubt = doubt_of(end, values);
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

std::vector<ComparedEnd> ends_of(const Comparison& comparison, const ComparisonFacts& facts) {
  std::vector<ComparedEnd> all;
  if (!facts.measure.empty())
    add(
        comparison, {"", "last " + facts.measure, "", 4},
        [&](std::size_t m, std::size_t r) { return facts.runs[m][r].last; }, all);
  if (facts.measure != kReturn)
    add(
        comparison, {"", text("last ", kReturn), "", 4},
        [&](std::size_t m, std::size_t r) { return facts.runs[m][r].last_return; }, all);
  for (const JudgedFigure& figure : comparison.figures)
    add(
        comparison, {figure.key, figure.title, figure.unit, figure.decimals},
        [&](std::size_t m, std::size_t r) {
          return judged(comparison.methods[m].runs[r].judgement, figure.key);
        },
        all);
  return all;
}

}  // namespace kennel::report
