// The page of a comparison: what page/compare.js draws.
#include <algorithm>

#include "compared_runs.h"
#include "kennel/io/atomic_file.h"
#include "page_file.h"
#include "page_numbers.h"

namespace kennel::report {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kPoints = 120;

// Drawn after the measure, where a run has them: how well it goes, then how much is still tried.
// What a deterministic policy tries is its action and a noise that its recipe fixes.
constexpr const char* kCurves[] = {
    kReturn,     "env/reward",  "env/falls_per_minute", "train/entropy",
    "train/std", "train/sigma", "train/temperature",    "train/action_size"};

/// Evenly from 0 to the end of the longest curve.
std::vector<double> points_of(const std::vector<std::vector<Curve>>& methods) {
  double end = 0.0;
  for (const auto& curves : methods)
    for (const Curve& curve : curves)
      if (!curve.x.empty()) end = std::max(end, curve.x.back());
  std::vector<double> x;
  for (std::size_t k = 0; k <= kPoints; ++k)
    x.push_back(end * static_cast<double>(k) / static_cast<double>(kPoints));
  return x;
}

/// {"x": [...], "methods": [{"low": [...], "median": [...], "high": [...]}, ...]}
Json bands(const std::vector<std::vector<Curve>>& methods) {
  const std::vector<double> x = points_of(methods);
  Json all = Json::array();
  for (const auto& curves : methods) {
    const Band band = band_of(curves, x);
    all.push_back({{"low", short_numbers(band.low)},
                   {"median", short_numbers(band.median)},
                   {"high", short_numbers(band.high)}});
  }
  return {{"x", short_numbers(x)}, {"methods", std::move(all)}};
}

/// [{"name", "unit", "steps": bands, "seconds": bands}, ...]
Json curves_of(const LoadedRuns& runs) {
  std::vector<std::string> names = {runs.measure};
  for (const char* name : kCurves)
    if (name != runs.measure) names.push_back(name);
  Json all = Json::array();
  for (const std::string& name : names) {
    std::vector<std::vector<Curve>> steps, seconds;
    bool any = false;
    for (const auto& method : runs.methods) {
      steps.emplace_back();
      seconds.emplace_back();
      for (const LoadedRun& run : method) {
        steps.back().push_back(smooth_curve(run, name));
        seconds.back().push_back(by_seconds(run, steps.back().back()));
        any = any || !steps.back().back().x.empty();
      }
    }
    if (any)
      all.push_back({{"name", name},
                     {"unit", unit_of(name)},
                     {"steps", bands(steps)},
                     {"seconds", bands(seconds)}});
  }
  return all;
}

/// [{"threshold", "methods": [{"steps", "seconds", "count", "of"}, ...]}, ...]
Json reached_table(const ComparisonFacts& facts) {
  Json all = Json::array();
  const std::vector<std::vector<MethodReached>> reached = reached_of(facts);
  for (std::size_t k = 0; k < reached.size(); ++k) {
    Json methods = Json::array();
    for (const MethodReached& method : reached[k])
      methods.push_back({{"steps", short_number(method.steps)},
                         {"seconds", short_number(method.seconds)},
                         {"count", method.count},
                         {"of", method.of}});
    all.push_back(
        {{"threshold", short_number(facts.thresholds[k])}, {"methods", std::move(methods)}});
  }
  return all;
}

/// {"quantities": [{"title", "unit", "decimals",
///                  "methods": [{"median", "low", "high", "count", "of"}, ...]}, ...],
///  "doubts": [sentence, ...]}; null is what is infinite, worse than every number
Json last_table(const Comparison& comparison, const ComparisonFacts& facts) {
  Json all = Json::array(), doubts = Json::array();
  for (const ComparedEnd& end : ends_of(comparison, facts)) {
    Json methods = Json::array();
    for (const MethodEnd& method : end.methods)
      methods.push_back({{"median", short_number(method.median)},
                         {"low", short_number(method.low)},
                         {"high", short_number(method.high)},
                         {"count", method.count},
                         {"of", method.of}});
    if (!end.doubt.empty()) doubts.push_back(end.doubt);
    all.push_back({{"title", end.title},
                   {"unit", end.unit},
                   {"decimals", end.decimals},
                   {"methods", std::move(methods)}});
  }
  return {{"quantities", std::move(all)}, {"doubts", std::move(doubts)}};
}

/// The mean of a method's runs, a share a bin; nulls where none is known.
Json mean_share(const ComparedMethod& method, const judge::Visited& axis) {
  std::vector<double> sum(axis.share.size());
  double count = 0.0;
  for (const ComparedRun& run : method.runs)
    for (const judge::Visited& visited : run.visited) {
      if (visited.name != axis.name || visited.share.size() != sum.size()) continue;
      for (std::size_t bin = 0; bin < sum.size(); ++bin) sum[bin] += visited.share[bin];
      ++count;
    }
  for (double& share : sum) share /= count;  // NaN of nothing
  return short_numbers(sum);
}

/// [{"name", "unit", "middles": of the bins, "methods": [[share, ...], ...]}, ...]
Json visited_of(const Comparison& comparison) {
  const std::vector<judge::Visited>* axes = nullptr;
  for (const ComparedMethod& method : comparison.methods)
    for (const ComparedRun& run : method.runs)
      if (axes == nullptr && !run.visited.empty()) axes = &run.visited;
  Json all = Json::array();
  if (axes == nullptr) return all;
  for (const judge::Visited& axis : *axes) {
    const double width = (axis.high - axis.low) / static_cast<double>(axis.share.size());
    std::vector<double> middles;
    for (std::size_t bin = 0; bin < axis.share.size(); ++bin)
      middles.push_back(axis.low + (static_cast<double>(bin) + 0.5) * width);
    Json methods = Json::array();
    for (const ComparedMethod& method : comparison.methods)
      methods.push_back(mean_share(method, axis));
    all.push_back({{"name", axis.name},
                   {"unit", axis.unit},
                   {"middles", short_numbers(middles)},
                   {"methods", std::move(methods)}});
  }
  return all;
}

}  // namespace

void write_compare_page(const Comparison& comparison, const std::filesystem::path& file) {
  const LoadedRuns runs = load_runs(comparison);
  const ComparisonFacts facts = facts_of(comparison, runs);
  Json methods = Json::array();
  for (const ComparedMethod& method : comparison.methods) methods.push_back(method.label);
  const Json data = {{"title", comparison.title},
                     {"summary", comparison.summary},
                     {"methods", std::move(methods)},
                     {"measure", facts.measure},
                     {"measure_unit", unit_of(facts.measure)},
                     {"smaller_is_better", facts.smaller_is_better},
                     {"curves", curves_of(runs)},
                     {"reached", reached_table(facts)},
                     {"last", last_table(comparison, facts)},
                     {"visited", visited_of(comparison)}};
  write_file_atomically(file, whole_page("compare", data));
}

}  // namespace kennel::report
