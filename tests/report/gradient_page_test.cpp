// What becomes of a study of gradients in its plots.
#include "kennel/report/gradient_page.h"

#include <gmock/gmock.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

#include "kennel/io/atomic_file.h"
#include "src/report/gradient_panels.h"
#include "tests/io/temp_folder.h"

namespace kennel::report {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::Not;
using Json = nlohmann::json;

GradientRow row(const std::string& setting, int horizon, double sigma, const std::string& estimate,
                double bias) {
  return {.setting = setting,
          .horizon = horizon,
          .sigma = sigma,
          .estimate = estimate,
          .truth = 2.0,
          .truth_error = 0.25,
          .mean = 3.0,
          .mean_error = 0.5,
          .bias = bias,
          .bias_error = 2.0 * bias,
          .variance = 100.0 * horizon,
          .cosine = 0.5};
}

std::vector<GradientRow> by_horizon() {
  std::vector<GradientRow> rows;
  for (const char* setting : {"4 ms", "2 ms"})
    for (const int horizon : {1, 16})
      for (const double sigma : {0.1, 0.3})
        for (const char* estimate : {"zeroth", "first"})
          rows.push_back(row(setting, horizon, sigma, estimate, 0.01 * horizon));
  return rows;
}

GradientRange range_named(const GradientGroup& group, const std::string& name) {
  for (const GradientRange& range : group.ranges)
    if (range.name == name) return range;
  throw std::runtime_error("no range " + name);
}

TEST(GradientPanels, HaveTheHorizonAlongThemAPlotASettingAndAGroupANoise) {
  const GradientPanels all = panels_of(by_horizon());
  EXPECT_EQ(all.axis.name, "horizon, steps");
  EXPECT_TRUE(all.axis.logarithmic);
  EXPECT_THAT(all.axis.values, ElementsAre(1, 16));
  EXPECT_THAT(all.axis.ticks, ElementsAre("1", "16"));
  ASSERT_EQ(all.groups.size(), 2u);
  EXPECT_EQ(all.groups[1].title, "sigma = 0.3");
  const GradientRange bias = range_named(all.groups[0], "bias");
  ASSERT_EQ(bias.panels.size(), 2u);
  EXPECT_EQ(bias.panels[1].title, "2 ms");
  ASSERT_EQ(bias.panels[1].curves.size(), 2u);
  EXPECT_EQ(bias.panels[1].curves[1].name, "first");
  EXPECT_THAT(bias.panels[1].curves[1].y, ElementsAre(0.01, 0.16));
  EXPECT_TRUE(bias.logarithmic);  // 16 times
  EXPECT_LT(bias.low, 0.01);
  EXPECT_GT(bias.high, 0.16);
  // The truth is a curve beside the means alone, which do not differ by much.
  const GradientRange mean = range_named(all.groups[0], "mean");
  EXPECT_EQ(mean.panels[0].curves.size(), 3u);
  EXPECT_EQ(mean.panels[0].curves[0].name, "truth");
  EXPECT_FALSE(mean.logarithmic);
  const GradientRange cosine = range_named(all.groups[0], "cosine to the truth");
  EXPECT_EQ(cosine.low, -1.05);
  EXPECT_EQ(cosine.high, 1.05);
}

TEST(GradientPanels, HaveTheStandardErrorsOfMeanBiasAndTruthInTheirRange) {
  const GradientGroup group = panels_of(by_horizon()).groups[0];
  const GradientRange mean = range_named(group, "mean");
  EXPECT_THAT(mean.panels[0].curves[0].error, ElementsAre(0.25, 0.25));  // of the truth
  EXPECT_THAT(mean.panels[0].curves[1].error, ElementsAre(0.5, 0.5));
  EXPECT_LT(mean.low, 2.0 - 0.25);
  EXPECT_GT(mean.high, 3.0 + 0.5);
  const GradientRange bias = range_named(group, "bias");
  EXPECT_THAT(bias.panels[0].curves[0].error, ElementsAre(0.02, 0.32));
  EXPECT_TRUE(bias.logarithmic);
  EXPECT_GT(bias.low, 0.0);  // though the bars reach below it
  EXPECT_GT(bias.high, 0.16 + 0.32);
  for (const char* name : {"variance", "cosine to the truth"}) {
    const GradientRange range = range_named(group, name);
    for (const double error : range.panels[0].curves[0].error)
      EXPECT_TRUE(std::isnan(error)) << name;
  }
}

TEST(GradientPanels, ABiasOfZeroHasNoPlaceOnALogarithmicAxis) {
  std::vector<GradientRow> rows = by_horizon();
  for (GradientRow& each : rows)
    if (each.estimate == "zeroth" && each.horizon == 1) each.bias = 0.0;
  const GradientRange bias = range_named(panels_of(rows).groups[0], "bias");
  EXPECT_TRUE(bias.logarithmic);
  EXPECT_TRUE(std::isnan(bias.panels[0].curves[0].y[0]));
  EXPECT_EQ(bias.panels[0].curves[0].y[1], 0.16);
  for (GradientRow& each : rows) each.bias -= 0.05;  // a sign has none either
  const GradientRange signs = range_named(panels_of(rows).groups[0], "bias");
  EXPECT_FALSE(signs.logarithmic);
  EXPECT_LT(signs.low, -0.05);
}

TEST(GradientPanels, WithOneHorizonHaveTheNoiseAndWithOneNoiseTheSettingsAlongThem) {
  std::vector<GradientRow> rows;
  for (const double sigma : {0.1, 0.2}) rows.push_back(row("x = 0", 1, sigma, "zeroth", 1.0));
  const GradientPanels noise = panels_of(rows);
  EXPECT_EQ(noise.axis.name, "sigma");
  EXPECT_FALSE(noise.axis.logarithmic);
  ASSERT_EQ(noise.groups.size(), 1u);
  EXPECT_EQ(noise.groups[0].title, "");
  rows.clear();
  for (const char* setting : {"x = 0", "x = 1"}) rows.push_back(row(setting, 1, 0.1, "zeroth", 1));
  rows[1].bias = 3.0;
  const GradientPanels settings = panels_of(rows);
  EXPECT_THAT(settings.axis.ticks, ElementsAre("x = 0", "x = 1"));
  ASSERT_EQ(settings.groups.size(), 1u);
  const GradientRange bias = range_named(settings.groups[0], "bias");
  ASSERT_EQ(bias.panels.size(), 1u);
  EXPECT_THAT(bias.panels[0].curves[0].y, ElementsAre(1.0, 3.0));
  EXPECT_TRUE(panels_of({}).groups.empty());
}

TEST(GradientPage, HasThePanelsAsItsData) {
  const TempFolder folder;
  write_gradient_page({.title = "t", .summary = {{"seed", "0"}}, .rows = by_horizon()},
                      folder / "page.html");
  const std::string page = read_file(folder / "page.html");
  const std::string before = "<script id=\"data\" type=\"application/json\">";
  const std::size_t from = page.find(before) + before.size();
  const Json data = Json::parse(page.substr(from, page.find("</script>", from) - from));
  EXPECT_EQ(data["axis"]["values"], Json::array({1.0, 16.0}));
  EXPECT_EQ(data["groups"][1]["title"], "sigma = 0.3");
  const Json& bias = data["groups"][0]["quantities"][1]["panels"][0]["curves"][0];
  EXPECT_EQ(bias["y"], Json::array({0.01, 0.16}));
  EXPECT_EQ(bias["error"], Json::array({0.02, 0.32}));
  const Json& variance = data["groups"][0]["quantities"][2];
  EXPECT_EQ(variance["name"], "variance");
  EXPECT_EQ(variance["log"], true);
  EXPECT_EQ(variance["panels"][0]["curves"][0]["y"], Json::array({100.0, 1600.0}));
  EXPECT_EQ(variance["panels"][0]["curves"][0]["error"], Json::array({nullptr, nullptr}));
  EXPECT_THAT(page, HasSubstr("const Plot"));
}

TEST(GradientFigure, IsAPictureOfEveryCurveThatIsKnown) {
  const TempFolder folder;
  std::vector<GradientRow> rows = by_horizon();
  rows[0].bias = 0.0;
  write_gradient_figure({.title = "a < b", .rows = rows}, folder / "figure.svg");
  const std::string figure = read_file(folder / "figure.svg");
  EXPECT_THAT(figure,
              AllOf(HasSubstr("<svg xmlns=\"http://www.w3.org/2000/svg\""), HasSubstr("a &lt; b"),
                    HasSubstr(">sigma = 0.3</text>"), HasSubstr(">cosine to the truth</text>"),
                    HasSubstr(">4 ms</text>"), Not(HasSubstr("nan")), Not(HasSubstr("inf"))));
  std::size_t dots = 0;
  for (std::size_t from = figure.find("<circle"); from != std::string::npos;
       from = figure.find("<circle", from + 1))
    ++dots;
  // Two noises, two settings, two horizons: four quantities of two estimates, and the truth, but
  // for the bias of 0.
  EXPECT_EQ(dots, 2u * 2u * 2u * (4u * 2u + 1u) - 1u);
  EXPECT_EQ(figure.substr(figure.size() - 7), "</svg>\n");
}

/// The lengths in pixels of a picture's bars, a curve each.
std::vector<std::vector<double>> bars_of(const std::string& figure) {
  const std::string begin = "<path class=\"error\"";
  std::vector<std::vector<double>> all;
  for (std::size_t from = figure.find(begin); from != std::string::npos;
       from = figure.find(begin, from + 1)) {
    const std::size_t path = figure.find(" d=\"", from) + 4;
    std::istringstream words(figure.substr(path, figure.find('"', path) - path));
    std::vector<double>& lengths = all.emplace_back();
    char letter;
    for (double x, lower, upper; words >> letter >> x >> lower >> letter >> upper;)
      lengths.push_back(lower - upper);
  }
  return all;
}

TEST(GradientFigure, HasABarOfAStandardErrorUpAndDownFromEachPoint) {
  const TempFolder folder;
  std::vector<GradientRow> rows;
  for (const int horizon : {1, 2})
    rows.push_back({.setting = "4 ms",
                    .horizon = horizon,
                    .sigma = 0.1,
                    .estimate = "first",
                    .truth = 1.0,
                    .mean = 2.0,
                    .mean_error = 0.5 * horizon,
                    .bias = 0.0});
  write_gradient_figure({.title = "t", .rows = rows}, folder / "figure.svg");
  const std::string figure = read_file(folder / "figure.svg");
  // The means alone have an error: no bar is drawn of none.
  const std::vector<std::vector<double>> bars = bars_of(figure);
  ASSERT_EQ(bars.size(), 1u);
  ASSERT_EQ(bars[0].size(), 2u);
  EXPECT_GT(bars[0][0], 10.0);
  EXPECT_NEAR(bars[0][1] / bars[0][0], 2.0, 0.01);
  EXPECT_THAT(figure, HasSubstr("bars: a standard error"));
}

TEST(GradientFigure, EndsBarsThatReachBelowALogarithmicAxisWithThePlot) {
  const TempFolder folder;
  write_gradient_figure({.title = "t", .rows = by_horizon()}, folder / "figure.svg");
  const std::string figure = read_file(folder / "figure.svg");
  EXPECT_THAT(figure, AllOf(Not(HasSubstr("nan")), Not(HasSubstr("inf"))));
  // Two noises, two settings: bars of two estimates' means and biases, and of the truth.
  const std::vector<std::vector<double>> bars = bars_of(figure);
  EXPECT_EQ(bars.size(), 2u * 2u * (2u * 2u + 1u));
  for (const std::vector<double>& lengths : bars)
    for (const double length : lengths) EXPECT_THAT(length, AllOf(Gt(0.0), Le(130.0)));
}

TEST(GradientFigure, LeavesOutLabelsThatWouldLieOverOthers) {
  const TempFolder folder;
  std::vector<GradientRow> rows;
  for (const char* theta : {"0.15", "0.3", "0.45", "0.6", "0.75"})
    rows.push_back(row(std::string("theta = ") + theta, 1, 0.1, "zeroth", 1.0));
  write_gradient_figure({.title = "t", .rows = rows}, folder / "figure.svg");
  const std::string figure = read_file(folder / "figure.svg");
  EXPECT_THAT(figure, AllOf(HasSubstr(">theta = 0.15</text>"), Not(HasSubstr(">theta = 0.3<")),
                            HasSubstr(">theta = 0.45</text>"), Not(HasSubstr(">theta = 0.6<")),
                            HasSubstr(">theta = 0.75</text>")));
}

}  // namespace
}  // namespace kennel::report
