#include "compare_table.h"

#include <algorithm>
#include <cmath>

#include "kennel/core/check.h"
#include "kennel/run/progress_line.h"

namespace kennel {
namespace {

using report::ComparedEnd;
using report::Comparison;
using report::ComparisonFacts;
using report::MethodEnd;
using report::MethodReached;

std::string steps_text(double steps) { return std::isfinite(steps) ? count_text(steps) : "-"; }

std::string interval_text(const MethodEnd& end, int decimals) {
  if (end.count == 0) return "-";
  const std::string median = fixed_text(end.median, decimals);
  if (end.count == 1) return median;
  return text(median, " [", fixed_text(end.low, decimals), ", ", fixed_text(end.high, decimals),
              ']');
}

/// "judged nominal velocity" over two lines, and the unit below them.
std::vector<std::string> heads_of(const ComparedEnd& end) {
  const std::size_t space = end.title.rfind(' ');
  if (space == std::string::npos) return {"", end.title, end.unit};
  return {end.title.substr(0, space), end.title.substr(space + 1), end.unit};
}

bool is_falls(const ComparedEnd& end) { return end.key.ends_with("falls"); }

std::size_t judged_runs(const report::ComparedMethod& method) {
  return static_cast<std::size_t>(
      std::count_if(method.runs.begin(), method.runs.end(),
                    [](const report::ComparedRun& run) { return !run.judgement.is_null(); }));
}

/// Medians of a quantity; the first one that is judged has its interval.
void add_end(const ComparedEnd& end, bool with_interval, std::vector<TextColumn>& columns) {
  TextColumn& column = columns.emplace_back(TextColumn{heads_of(end)});
  for (const MethodEnd& method : end.methods)
    column.cells.push_back(with_interval ? interval_text(method, end.decimals)
                                         : fixed_text(method.median, end.decimals));
}

void add_thresholds(const ComparisonFacts& facts, bool with_counts,
                    std::vector<TextColumn>& columns) {
  const std::vector<std::vector<MethodReached>> reached = report::reached_of(facts);
  for (std::size_t k = 0; k < reached.size(); ++k) {
    // Once over its columns, or in the words of each.
    const std::string unit = report::unit_of(facts.measure);
    const std::string number = short_text(facts.thresholds[k]) + (unit.empty() ? "" : ' ' + unit);
    const std::string at = with_counts ? "to " + number + ':' : number;
    TextColumn steps{{at, "steps", ""}}, seconds{{with_counts ? at : "", "s", ""}};
    TextColumn counts{{at, "runs", ""}};
    for (const MethodReached& method : reached[k]) {
      steps.cells.push_back(steps_text(method.steps));
      seconds.cells.push_back(fixed_text(method.seconds, 1));
      counts.cells.push_back(text(method.count, '/', method.of));
    }
    columns.insert(columns.end(), {steps, seconds});
    if (with_counts) columns.push_back(counts);
  }
}

TextColumn labels_of(const Comparison& comparison) {
  TextColumn labels{{"", "method", ""}, {}, false};
  for (const report::ComparedMethod& method : comparison.methods)
    labels.cells.push_back(method.label);
  return labels;
}

std::string thresholds_text(const ComparisonFacts& facts) {
  if (facts.measure.empty()) return "";
  return text(
      "steps and seconds of training until ", facts.measure, " first is at ",
      facts.smaller_is_better ? "most" : "least",
      " so much, of what training tries, noise included; curves smoothed over a fiftieth of "
      "their run");
}

/// A line each.
std::string doubts_text(const std::vector<ComparedEnd>& ends, const std::string& before) {
  std::string lines;
  for (const ComparedEnd& end : ends)
    if (!end.doubt.empty()) lines += before + end.doubt + '\n';
  return lines;
}

/// \param ends  what `ends_of` says, which takes a moment
std::vector<TextColumn> columns_of(const Comparison& comparison, const ComparisonFacts& facts,
                                   const std::vector<ComparedEnd>& ends) {
  std::vector<TextColumn> columns = {labels_of(comparison)};
  TextColumn seeds{{"", "seeds", ""}};
  for (const report::ComparedMethod& method : comparison.methods)
    seeds.cells.push_back(text(judged_runs(method), '/', method.runs.size()));
  columns.push_back(std::move(seeds));
  const std::string& first =
      comparison.figures.empty() ? std::string() : comparison.figures.front().key;
  for (const ComparedEnd& end : ends)
    if (!end.key.empty() && (end.key == first || is_falls(end)))
      add_end(end, end.key == first, columns);
  if (comparison.best) {
    const std::string best = short_text(*comparison.best);
    columns.push_back(
        {{"", "best", ""}, std::vector<std::string>(comparison.methods.size(), best)});
  }
  add_thresholds(facts, false, columns);
  TextColumn steps{{"training", "steps", ""}}, seconds{{"", "s", ""}};
  for (const report::MethodTrained& trained : report::trained_of(facts)) {
    steps.cells.push_back(steps_text(trained.steps));
    seconds.cells.push_back(fixed_text(trained.seconds, 1));
  }
  columns.insert(columns.end(), {steps, seconds});
  return columns;
}

}  // namespace

std::vector<TextColumn> compare_columns(const Comparison& comparison,
                                        const ComparisonFacts& facts) {
  return columns_of(comparison, facts, report::ends_of(comparison, facts));
}

std::string compare_text(const Comparison& comparison, const ComparisonFacts& facts) {
  std::string all =
      "medians over seeds, in brackets 95 % of the medians of bootstrap resamples; what was "
      "judged without a number counts as worse than all numbers: -\n";
  if (const std::string line = thresholds_text(facts); !line.empty()) all += line + '\n';
  const std::vector<ComparedEnd> ends = report::ends_of(comparison, facts);
  all += '\n' + text_table(columns_of(comparison, facts, ends));
  const std::string doubts = doubts_text(ends, "");
  return doubts.empty() ? all : all + '\n' + doubts;
}

std::string compare_markdown(const Comparison& comparison, const ComparisonFacts& facts,
                             const std::vector<std::pair<std::string, std::string>>& head) {
  std::string all = markdown_head(comparison.title, head);
  all +=
      "\nMedians over seeds; in brackets where 95 % of the medians of their bootstrap resamples "
      "lie. What was judged without a number, as a policy that always falls has no error, counts "
      "as "
      "worse than all numbers: -. Seeds tell two methods apart where 95 % of the differences of "
      "such "
      "medians lie on one side of 0; one seed never does. A row a method, in the order of the "
      "command.\n\n";
  const std::vector<ComparedEnd> ends = report::ends_of(comparison, facts);
  std::vector<TextColumn> table = {labels_of(comparison)};
  for (const ComparedEnd& end : ends) add_end(end, true, table);
  const std::vector<TextColumn> summary = columns_of(comparison, facts, ends);
  table.insert(table.begin() + 1, summary[1]);
  table.insert(table.end(), summary.end() - 2, summary.end());
  all += markdown_table(table);
  if (const std::string doubts = doubts_text(ends, "- "); !doubts.empty()) all += '\n' + doubts;
  if (facts.thresholds.empty() || facts.measure.empty()) return all;
  std::string sentence = thresholds_text(facts);
  sentence.front() = 'S';
  all += text("\n", sentence, ". A run that never came there counts as later than all that did.",
              "\n\n");
  table = {labels_of(comparison)};
  add_thresholds(facts, true, table);
  return all + markdown_table(table);
}

}  // namespace kennel
