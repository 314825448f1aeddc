// The page of a study of gradients: what page/gradient.js draws.
#include "kennel/report/gradient_page.h"

#include "gradient_panels.h"
#include "kennel/io/atomic_file.h"
#include "page_file.h"
#include "page_numbers.h"

namespace kennel::report {
namespace {

using Json = nlohmann::ordered_json;

/// {"name", "log", "low", "high", "panels": [{"title", "curves": [{"name", "y", "error"}]}]}
Json range_json(const GradientRange& range) {
  Json panels = Json::array();
  for (const GradientPanel& panel : range.panels) {
    Json curves = Json::array();
    for (const GradientCurve& curve : panel.curves)
      curves.push_back({{"name", curve.name},
                        {"y", short_numbers(curve.y)},
                        {"error", short_numbers(curve.error)}});
    panels.push_back({{"title", panel.title}, {"curves", std::move(curves)}});
  }
  return {{"name", range.name},
          {"log", range.logarithmic},
          {"low", short_number(range.low)},
          {"high", short_number(range.high)},
          {"panels", std::move(panels)}};
}

}  // namespace

void write_gradient_page(const GradientPage& page, const std::filesystem::path& file) {
  const GradientPanels panels = panels_of(page.rows);
  Json groups = Json::array();
  for (const GradientGroup& group : panels.groups) {
    Json ranges = Json::array();
    for (const GradientRange& range : group.ranges) ranges.push_back(range_json(range));
    groups.push_back({{"title", group.title}, {"quantities", std::move(ranges)}});
  }
  const GradientAxis& axis = panels.axis;
  const Json data = {{"title", page.title},
                     {"summary", page.summary},
                     {"axis",
                      {{"name", axis.name},
                       {"log", axis.logarithmic},
                       {"values", axis.values},
                       {"ticks", axis.ticks}}},
                     {"groups", std::move(groups)}};
  write_file_atomically(file, whole_page("gradient", data));
}

}  // namespace kennel::report
