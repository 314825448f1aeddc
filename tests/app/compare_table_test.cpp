// What a comparison's tables say of facts made by hand.
#include "src/app/compare_table.h"

#include <gmock/gmock.h>

#include <limits>

namespace kennel {
namespace {

using report::ComparedRun;
using report::Comparison;
using report::ComparisonFacts;
using report::Reached;
using report::RunFacts;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Json = nlohmann::ordered_json;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

ComparedRun judged(int seed, double velocity, double falls) {
  return {.seed = seed,
          .judgement = {{"figures", {{"velocity", velocity}, {"falls", falls}, {"yaw", 0.5}}}}};
}

/// a: three runs, all judged; b: one judged, one that has not begun.
Comparison comparison() {
  return {.title = "walk",
          .methods = {{"a", {judged(1, 0.1, 0), judged(2, 0.3, 1), judged(3, 0.2, 9)}},
                      {"b", {judged(1, 0.25, 4), ComparedRun{.seed = 2}}}},
          .figures = {{"velocity", "judged nominal velocity", "m/s", 3},
                      {"yaw", "judged nominal yaw", "rad/s", 3},
                      {"falls", "judged nominal falls", "", 1}}};
}

RunFacts trained(double steps, double seconds, std::optional<Reached> reached) {
  return {.steps = steps,
          .seconds = seconds,
          .last = 0.2,
          .last_return = kNone,
          .reached = {std::move(reached)}};
}

ComparisonFacts facts() {
  return {"env/velocity_error",
          true,
          {0.4},
          {{trained(2e6, 10, Reached{1e6, 5}), trained(2e6, 12, Reached{1.5e6, 8}),
            trained(2e6, 11, std::nullopt)},
           {trained(2e6, 30, std::nullopt),
            RunFacts{.last = kNone, .last_return = kNone, .reached = {std::nullopt}}}}};
}

std::vector<std::string> cells(std::size_t column) {
  return compare_columns(comparison(), facts()).at(column).cells;
}

TEST(CompareTable, ARowHasSeedsTheFirstFigureFallsThresholdsAndTraining) {
  EXPECT_THAT(cells(0), ElementsAre("a", "b"));
  EXPECT_THAT(cells(1), ElementsAre("3/3", "1/2"));
  EXPECT_THAT(cells(2), ElementsAre("0.200 [0.100, 0.300]", "0.250"));  // one run: no interval
  EXPECT_THAT(cells(3), ElementsAre("1.0", "4.0"));
  // Two of three came there, after 1 and 1.5 million steps; of two none.
  EXPECT_THAT(cells(4), ElementsAre("1.50M", "-"));
  EXPECT_THAT(cells(5), ElementsAre("8.0", "-"));
  EXPECT_THAT(cells(6), ElementsAre("2.00M", "2.00M"));  // of the runs that have begun
  EXPECT_THAT(cells(7), ElementsAre("11.0", "30.0"));
  EXPECT_EQ(compare_columns(comparison(), facts()).size(), 8u);
}

TEST(CompareTable, AJudgementWithoutANumberIsNoReasonToLookBetter) {
  Comparison all = comparison();
  for (const std::size_t run : {0u, 1u})
    all.methods[0].runs[run].judgement["figures"]["velocity"] = Json();
  EXPECT_THAT(compare_columns(all, facts()).at(2).cells, ElementsAre("- [0.200, -]", "0.250"));
}

TEST(CompareTable, TheBestThatThereIsStandsBesideASmallTasksReturn) {
  Comparison all = comparison();
  all.best = -6.63165543;
  const TextColumn column = compare_columns(all, facts()).at(4);
  EXPECT_EQ(column.heads[1], "best");
  EXPECT_THAT(column.cells, ElementsAre("-6.632", "-6.632"));
}

TEST(CompareTable, TheTextSaysWhatReachedMeansAndWhatSeedsDoNotTellApart) {
  const std::string all = compare_text(comparison(), facts());
  EXPECT_THAT(all, AllOf(HasSubstr("until env/velocity_error first is at most so much"),
                         HasSubstr("\na         3/3  0.200 [0.100, 0.300]"),
                         HasSubstr("In judged nominal falls these seeds do not tell apart from the "
                                   "best, a: b.\n")));
}

TEST(CompareTable, MarkdownHasItsHeadEveryQuantityAndHowManyRunsCameToAThreshold) {
  const std::string all =
      compare_markdown(comparison(), facts(), {{"command", "`kennel compare`"}, {"judged", "x"}});
  EXPECT_THAT(
      all, AllOf(StartsWith("# walk\n\n| | |\n|---|---|\n| command | `kennel compare` |\n"
                            "| judged | x |\n"),
                 HasSubstr("judged nominal yaw rad/s"), HasSubstr("\n| a | 3/3 | 0.2000"),
                 HasSubstr("\n- In judged nominal falls these seeds do not tell apart from "
                           "the best, a: b.\n"),
                 HasSubstr("| method | to 0.4 m/s: steps | to 0.4 m/s: s | to 0.4 m/s: runs |\n"),
                 HasSubstr("\n| a | 1.50M | 8.0 | 2/3 |\n| b | - | - | 0/2 |\n")));
  ComparisonFacts without = facts();
  without.thresholds.clear();
  EXPECT_THAT(compare_markdown(comparison(), without, {}), Not(HasSubstr("teps and seconds of")));
  // Nothing was measured at all: what is asked for is no reason to speak of it.
  ComparisonFacts nothing = facts();
  nothing.measure.clear();
  EXPECT_THAT(compare_markdown(comparison(), nothing, {}), Not(HasSubstr("teps and seconds of")));
}

}  // namespace
}  // namespace kennel
