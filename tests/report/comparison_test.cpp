// What a comparison says of runs whose metrics are written by hand.
#include "kennel/report/comparison.h"

#include <gmock/gmock.h>

#include <cmath>

#include "kennel/core/check.h"
#include "kennel/io/atomic_file.h"
#include "tests/io/temp_folder.h"

namespace kennel::report {
namespace {

using ::testing::AllOf;
using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Json = nlohmann::ordered_json;

class ComparisonTest : public testing::Test {
 protected:
  /// A run with a row each 100 steps, or so many, each of half a second more than the one before.
  ComparedRun run(const std::string& name, const std::string& column,
                  const std::vector<double>& values, const Json& figures = Json(),
                  int row_steps = 100) {
    std::string rows = "step," + column + ",time/iteration_seconds\n";
    for (std::size_t k = 0; k < values.size(); ++k)
      rows += text(row_steps * static_cast<int>(k + 1), ',', values[k], ',',
                   0.5 * static_cast<double>(k + 1), '\n');
    std::filesystem::create_directory(folder_ / name);
    write_file_atomically(folder_ / name / "metrics.csv", rows);
    ComparedRun out{.seed = 1, .folder = folder_ / name};
    if (!figures.is_null()) out.judgement = {{"figures", figures}};
    return out;
  }

  Json page_of(const Comparison& comparison) {
    write_compare_page(comparison, folder_ / "page.html");
    const std::string page = read_file(folder_ / "page.html");
    const std::string before = "<script id=\"data\" type=\"application/json\">";
    const std::size_t from = page.find(before) + before.size();
    return Json::parse(page.substr(from, page.find("</script>", from) - from));
  }

  TempFolder folder_;
};

TEST_F(ComparisonTest, ARunSaysWhenItReachedThresholdsAndWhatItEndedWith) {
  const Comparison all{.title = "t",
                       .methods = {{"a", {run("a", "env/velocity_error", {0.5, 0.35, 0.38, 0.15})}},
                                   {"b",
                                    {run("b", "env/velocity_error", {0.6, 0.5}),
                                     ComparedRun{.seed = 2, .folder = folder_ / "none"}}}}};
  const ComparisonFacts facts = facts_of(all);
  EXPECT_EQ(facts.measure, "env/velocity_error");
  EXPECT_TRUE(facts.smaller_is_better);
  EXPECT_THAT(facts.thresholds, ElementsAre(0.4, 0.3, 0.2));
  const RunFacts& a = facts.runs[0][0];
  EXPECT_EQ(a.steps, 400);
  EXPECT_EQ(a.seconds, 0.5 + 1 + 1.5 + 2);
  EXPECT_EQ(a.last, 0.15);  // the fiftieth of 400 steps is less than a row
  EXPECT_TRUE(std::isnan(a.last_return));
  ASSERT_TRUE(a.reached[0] && a.reached[1] && a.reached[2]);
  EXPECT_EQ(a.reached[0]->steps, 200);
  EXPECT_EQ(a.reached[0]->seconds, 1.5);
  EXPECT_EQ(a.reached[2]->steps, 400);
  EXPECT_EQ(a.reached[2]->seconds, 5);
  EXPECT_FALSE(facts.runs[1][0].reached[0]);
  // A run without a metrics file has nothing.
  EXPECT_EQ(facts.runs[1][1].steps, 0);
  EXPECT_TRUE(std::isnan(facts.runs[1][1].last));
  EXPECT_FALSE(facts.runs[1][1].reached[0]);
}

TEST_F(ComparisonTest, ThresholdsAreSharesOfTheWayFromTheStartToTheBest) {
  Comparison all{.title = "t",
                 .methods = {{"a", {run("a", "episode/return", {-30, -10, -20})}},
                             {"b", {run("b", "episode/return", {-10, -12, -15})}}}};
  // Starts -30 and -10, their median -20; the best of all is -10.
  const ComparisonFacts facts = facts_of(all);
  EXPECT_EQ(facts.measure, "episode/return");
  EXPECT_FALSE(facts.smaller_is_better);
  EXPECT_THAT(facts.thresholds, ElementsAre(DoubleNear(-15, 1e-12), DoubleNear(-11, 1e-12),
                                            DoubleNear(-10.1, 1e-12)));
  EXPECT_EQ(facts.runs[0][0].reached[0]->steps, 200);
  EXPECT_EQ(facts.runs[1][0].reached[2]->steps, 100);
  EXPECT_EQ(facts.runs[0][0].last_return, -20);
  all.best = 0.0;
  EXPECT_THAT(facts_of(all).thresholds,
              ElementsAre(DoubleNear(-10, 1e-12), DoubleNear(-2, 1e-12), DoubleNear(-0.2, 1e-12)));
  all.thresholds = {-5, -25};  // from easy to hard, whatever the order
  EXPECT_THAT(facts_of(all).thresholds, ElementsAre(-25, -5));
  all.measure = "env/height";
  EXPECT_THAT(
      error_of([&] { facts_of(all); }),
      AllOf(HasSubstr("no run has measured env/height; there are: "), HasSubstr("episode/return")));
  // A column without any number yet is one: nothing has reached anything.
  all.measure = "env/later";
  all.methods[0].runs[0] = run("c", "env/later", {std::nan("")});
  EXPECT_EQ(facts_of(all).measure, "env/later");
  EXPECT_FALSE(facts_of(all).runs[0][0].reached[0]);
}

TEST_F(ComparisonTest, AnIterationInWhichNoEpisodeEndedHasNoReturn) {
  std::filesystem::create_directory(folder_ / "a");
  write_file_atomically(folder_ / "a" / "metrics.csv",
                        "step,episode/count,episode/return,time/iteration_seconds\n"
                        "100,2,-3,1\n200,0,0,1\n300,1,-5,1\n400,0,0,1\n");
  const Comparison all{.title = "t",
                       .methods = {{"a", {ComparedRun{.seed = 1, .folder = folder_ / "a"}}}},
                       .thresholds = {-1, -3}};
  const ComparisonFacts facts = facts_of(all);
  EXPECT_EQ(facts.runs[0][0].last, -5);
  EXPECT_EQ(facts.runs[0][0].steps, 400);
  EXPECT_EQ(facts.runs[0][0].reached[0]->steps, 100);
  EXPECT_FALSE(facts.runs[0][0].reached[1]);
}

TEST_F(ComparisonTest, AMethodsEndsAndThresholdsAreMediansOverItsRuns) {
  const auto judged = [&](const std::string& name, const std::vector<double>& errors, double x) {
    return run(name, "env/velocity_error", errors, {{"x", x}});
  };
  const Comparison all{.title = "t",
                       .methods = {{"a",
                                    {judged("a1", {0.5, 0.3}, 1), judged("a2", {0.35, 0.3}, 2),
                                     judged("a3", {0.5, 0.5}, 900)}},
                                   {"b", {judged("b1", {0.5, 0.5}, 7)}}},
                       .figures = {{"x", "judged x", "m", 2}, {"nobody", "judged y", "", 1}}};
  const ComparisonFacts facts = facts_of(all);
  const std::vector<ComparedEnd> ends = ends_of(all, facts);
  ASSERT_EQ(ends.size(), 2u);  // no run has a return, nor a judged y
  EXPECT_EQ(ends[0].title, "last env/velocity_error");
  EXPECT_EQ(ends[1].key, "x");
  EXPECT_EQ(ends[1].methods[0].median, 2);
  EXPECT_EQ(ends[1].methods[0].low, 1);
  EXPECT_EQ(ends[1].methods[0].high, 900);
  EXPECT_EQ(ends[1].methods[0].count, 3u);
  EXPECT_EQ(ends[1].methods[1].median, 7);
  EXPECT_EQ(ends[0].unit, "m/s");
  // a's seeds are of 1 to 900, b is a single one.
  EXPECT_EQ(ends[1].doubt, "In judged x these seeds do not tell apart from the best, a: b.");
  EXPECT_EQ(trained_of(facts)[0].steps, 200);
  EXPECT_EQ(trained_of(facts)[0].seconds, 1.5);
  const std::vector<std::vector<MethodReached>> reached = reached_of(facts);
  ASSERT_EQ(reached.size(), 3u);
  // 0.4 m/s after 200 steps, after 100, and never.
  EXPECT_EQ(reached[0][0].steps, 200);
  EXPECT_EQ(reached[0][0].seconds, 1.5);
  EXPECT_EQ(reached[0][0].count, 2u);
  EXPECT_EQ(reached[0][0].of, 3u);
  EXPECT_FALSE(std::isfinite(reached[0][1].steps));
}

TEST_F(ComparisonTest, ThePageHasMediansThresholdsAndEnds) {
  const Json data = page_of(
      {.title = "t",
       .methods = {{"a",
                    {run("a1", "env/velocity_error", {0.5, 0.1}, {{"velocity", 0.1}}),
                     run("a2", "env/velocity_error", {0.5, 0.3}, {{"velocity", 0.2}}),
                     run("a3", "env/velocity_error", {0.5, 0.45})}},
                   {"b", {run("b1", "env/velocity_error", {0.9, 0.8}, {{"velocity", 0.9}})}}},
       .figures = {{"velocity", "judged nominal velocity", "m/s", 3}}});
  const Json& steps = data["curves"][0]["steps"];
  EXPECT_EQ(data["curves"][0]["name"], "env/velocity_error");
  EXPECT_EQ(steps["x"].back(), 200);
  EXPECT_EQ(steps["methods"][0]["median"].back(), 0.3);
  EXPECT_EQ(steps["methods"][0]["low"].back(), 0.2);
  EXPECT_EQ(steps["methods"][0]["high"].back(), 0.375);
  EXPECT_TRUE(steps["methods"][0]["median"].front().is_null());  // before the first row
  EXPECT_EQ(data["curves"][0]["seconds"]["x"].back(), 1.5);
  // 0.4 m/s: two of three came there, at 200 steps; b never.
  const Json& first = data["reached"][0];
  EXPECT_EQ(first["threshold"], 0.4);
  EXPECT_EQ(first["methods"][0]["steps"], 200);
  EXPECT_EQ(first["methods"][0]["count"], 2);
  EXPECT_TRUE(first["methods"][1]["steps"].is_null());
  // 0.2 m/s: one of three, so the median did not.
  EXPECT_EQ(data["reached"][2]["methods"][0]["count"], 1);
  EXPECT_TRUE(data["reached"][2]["methods"][0]["steps"].is_null());
  const Json& judged = data["last"]["quantities"].back();
  EXPECT_EQ(judged["title"], "judged nominal velocity");
  EXPECT_EQ(judged["methods"][0]["median"], 0.15);
  EXPECT_EQ(judged["methods"][0]["low"], 0.1);  // of two, a quarter of the resamples is (0.1, 0.1)
  EXPECT_EQ(judged["methods"][0]["high"], 0.2);
  EXPECT_EQ(judged["methods"][0]["count"], 2);
  EXPECT_EQ(judged["methods"][0]["of"], 3);
  EXPECT_EQ(data["curves"][0]["unit"], "m/s");
  EXPECT_EQ(data["measure_unit"], "m/s");
}

TEST_F(ComparisonTest, ThePageHasTheMeanOfWhatRunsVisited) {
  const auto visits = [&](const std::string& name, const std::vector<double>& share) {
    ComparedRun visitor = run(name, "env/reward", {1.0});
    visitor.visited = {{"tilt", "rad", 0.0, 1.0, share}};
    return visitor;
  };
  const Json data = page_of({.title = "t",
                             .methods = {{"a", {visits("a1", {1, 0}), visits("a2", {0.5, 0.5})}},
                                         {"b", {run("b1", "env/reward", {1.0})}}}});
  const Json& tilt = data["visited"][0];
  EXPECT_EQ(tilt["name"], "tilt");
  EXPECT_EQ(tilt["middles"], Json::array({0.25, 0.75}));
  EXPECT_EQ(tilt["methods"][0], Json::array({0.75, 0.25}));
  EXPECT_TRUE(tilt["methods"][1][0].is_null());
}

TEST_F(ComparisonTest, ThePageNamesWhatSeedsDoNotTellApartFromTheBest) {
  const auto judged = [&](const std::string& name, double reward, double x, double y) {
    return run(name, "env/reward", {reward}, {{"x", x}, {"y", y}});
  };
  // x: medians 2, 2 and 20. y: 2, 12 and 22, seeds 2 apart. Of y more is better.
  const Json data =
      page_of({.title = "t",
               .methods = {{"a", {judged("a1", 1, 1, 1), judged("a2", 2, 3, 3)}},
                           {"b", {judged("b1", 3, 1, 11), judged("b2", 4, 3, 13)}},
                           {"c", {judged("c1", 5, 19, 21), judged("c2", 6, 21, 23)}}},
               .figures = {{"x", "judged x", "rad", 3}, {"y", "judged y", "", 3, true}}});
  EXPECT_EQ(data["last"]["doubts"],
            Json::array({"In judged x these seeds do not tell apart from the best, a: b."}));
}

TEST_F(ComparisonTest, AJudgementWithoutANumberIsWorseThanEveryNumber) {
  const auto judged = [&](const std::string& name, const Json& error, const Json& earned) {
    return run(name, "env/reward", {1.0}, {{"error", error}, {"return", earned}});
  };
  // a: one walks, two fall at once and have no error. b: all three walk. c: not judged yet.
  const Comparison all{
      .title = "t",
      .methods = {{"a",
                   {judged("a1", 0.1, 9), judged("a2", Json(), Json()),
                    judged("a3", Json(), Json())}},
                  {"b", {judged("b1", 0.2, 5), judged("b2", 0.3, 6), judged("b3", 0.4, Json())}},
                  {"c", {run("c1", "env/reward", {1.0})}}},
      .figures = {{"error", "judged error", "m/s", 3}, {"return", "judged return", "", 3, true}}};
  const std::vector<ComparedEnd> ends = ends_of(all, facts_of(all));
  ASSERT_EQ(ends.size(), 3u);
  const ComparedEnd &error = ends[1], &earned = ends[2];
  EXPECT_EQ(error.methods[0].median, INFINITY);
  EXPECT_EQ(error.methods[0].low, 0.1);
  EXPECT_EQ(error.methods[0].count, 3u);
  EXPECT_EQ(error.methods[1].median, 0.3);
  EXPECT_EQ(earned.methods[0].median, -INFINITY);
  EXPECT_EQ(earned.methods[1].median, 5);
  EXPECT_EQ(earned.methods[1].low, -INFINITY);
  EXPECT_EQ(earned.methods[1].high, 6);
  EXPECT_EQ(error.methods[2].count, 0u);
  EXPECT_EQ(error.methods[2].of, 1u);
  const Json first = page_of(all)["last"]["quantities"][1]["methods"][0];
  EXPECT_TRUE(first["median"].is_null());
  EXPECT_EQ(first["count"], 3);
}

TEST_F(ComparisonTest, AShortRunIsNotSmoothedByTheStepsOfALongOne) {
  std::vector<double> falling;
  for (int row = 0; row < 100; ++row) falling.push_back(1.0 - 0.01 * row);
  const Comparison all{.title = "t",
                       .methods = {{"short", {run("a", "env/velocity_error", falling)}},
                                   {"long", {run("b", "env/velocity_error", falling, {}, 10000)}}}};
  const ComparisonFacts facts = facts_of(all);
  for (const std::vector<RunFacts>& method : facts.runs) {
    // The fiftieth of 100 rows is two of them: 0.02 and 0.01.
    EXPECT_NEAR(method[0].last, 0.015, 1e-12);
    ASSERT_TRUE(method[0].reached[2]);
  }
  EXPECT_EQ(facts.runs[1][0].reached[2]->steps, 100 * facts.runs[0][0].reached[2]->steps);
  EXPECT_EQ(facts.runs[1][0].reached[2]->seconds, facts.runs[0][0].reached[2]->seconds);
}

TEST_F(ComparisonTest, AReturnOfPartsOfEpisodesIsLeftOut) {
  Comparison all{.title = "t",
                 .methods = {{"es", {run("a", "episode/return", {3, 4})}, false},
                             {"ppo", {run("b", "episode/return", {5, 7})}}}};
  const ComparisonFacts facts = facts_of(all);
  EXPECT_TRUE(std::isnan(facts.runs[0][0].last_return));
  EXPECT_EQ(facts.runs[1][0].last_return, 7);
  EXPECT_TRUE(page_of(all)["curves"][0]["steps"]["methods"][0]["median"].back().is_null());
}

TEST(Measures, HaveADirectionByTheirName) {
  for (const char* better : {"episode/return", "env/reward", "reward/track_velocity"})
    EXPECT_EQ(smaller_is_better(better), std::optional(false)) << better;
  for (const char* worse : {"env/velocity_error", "env/falls_per_minute", "env/diverged",
                            "env/diverged_share", "episode/terminated"})
    EXPECT_EQ(smaller_is_better(worse), std::optional(true)) << worse;
  for (const char* neither : {"env/contacts", "episode/seconds", "episode/count"})
    EXPECT_EQ(smaller_is_better(neither), std::nullopt) << neither;
  EXPECT_EQ(unit_of("env/tilt_error"), "rad");
  EXPECT_EQ(unit_of("env/reward"), "");
}

}  // namespace
}  // namespace kennel::report
