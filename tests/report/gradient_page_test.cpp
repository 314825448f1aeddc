// What becomes of a study of gradients in its plots.
#include "kennel/report/gradient_page.h"

#include <gmock/gmock.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "kennel/io/atomic_file.h"
#include "src/report/gradient_panels.h"
#include "tests/io/temp_folder.h"

namespace kennel::report {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

GradientRow row(const std::string& setting, int horizon, double sigma, const std::string& estimate,
                double bias) {
  return {.setting = setting,
          .horizon = horizon,
          .sigma = sigma,
          .estimate = estimate,
          .truth = 2.0,
          .mean = 3.0,
          .bias = bias,
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
  const Json& variance = data["groups"][0]["quantities"][2];
  EXPECT_EQ(variance["name"], "variance");
  EXPECT_EQ(variance["log"], true);
  EXPECT_EQ(variance["panels"][0]["curves"][0]["y"], Json::array({100.0, 1600.0}));
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
