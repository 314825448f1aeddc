#include "gradient_panels.h"

#include <algorithm>
#include <cmath>

#include "kennel/core/check.h"
#include "kennel/core/infinity.h"

namespace kennel::report {
namespace {

constexpr double kWide = 8.0;  // a logarithmic axis for values that differ by so much

struct Quantity {
  const char* name;
  double GradientRow::*value;
  double GradientRow::*error;  // its standard error; null: not known
};
constexpr Quantity kQuantities[] = {{"mean", &GradientRow::mean, &GradientRow::mean_error},
                                    {"bias", &GradientRow::bias, &GradientRow::bias_error},
                                    {"variance", &GradientRow::variance, nullptr},
                                    {"cosine to the truth", &GradientRow::cosine, nullptr}};

/// Each once, in the order in which they come.
template <class Value, class Of>
std::vector<Value> distinct(const std::vector<GradientRow>& rows, Of of) {
  std::vector<Value> all;
  for (const GradientRow& row : rows) {
    const Value value = of(row);
    if (std::find(all.begin(), all.end(), value) == all.end()) all.push_back(value);
  }
  return all;
}

std::vector<std::string> settings_of(const std::vector<GradientRow>& rows) {
  return distinct<std::string>(rows, [](const GradientRow& row) { return row.setting; });
}

/// What stands along the plots: of horizon, noise and setting the first that varies.
enum class Along { kHorizon, kSigma, kSetting };

Along along(const std::vector<GradientRow>& rows) {
  const auto horizons = distinct<int>(rows, [](const GradientRow& row) { return row.horizon; });
  if (horizons.size() > 1) return Along::kHorizon;
  const auto sigmas = distinct<double>(rows, [](const GradientRow& row) { return row.sigma; });
  return sigmas.size() > 1 ? Along::kSigma : Along::kSetting;
}

double place_of(const GradientRow& row, Along what, const std::vector<std::string>& settings) {
  if (what == Along::kHorizon) return row.horizon;
  if (what == Along::kSigma) return row.sigma;
  return static_cast<double>(std::find(settings.begin(), settings.end(), row.setting) -
                             settings.begin());
}

GradientAxis axis_of(const std::vector<GradientRow>& rows, Along what) {
  const std::vector<std::string> settings = settings_of(rows);
  GradientAxis axis;
  axis.values =
      distinct<double>(rows, [&](const GradientRow& row) { return place_of(row, what, settings); });
  std::sort(axis.values.begin(), axis.values.end());
  axis.name = what == Along::kHorizon ? "horizon, steps" : what == Along::kSigma ? "sigma" : "";
  if (what == Along::kSetting) {
    axis.ticks = settings;
    return axis;
  }
  for (const double value : axis.values) axis.ticks.push_back(text(value));
  axis.logarithmic = axis.values.front() > 0.0 && axis.values.back() > kWide * axis.values.front();
  return axis;
}

struct Point {
  double value, error;
};

/// Adds a row's number to the curve of that name.
void put(double place, const std::string& name, const Point& point, const GradientAxis& axis,
         std::vector<GradientCurve>& curves) {
  auto curve = std::find_if(curves.begin(), curves.end(),
                            [&](const GradientCurve& each) { return each.name == name; });
  if (curve == curves.end()) {
    const std::vector<double> none(axis.values.size(), kNaN);
    curve = curves.insert(curves.end(), GradientCurve{name, none, none});
  }
  const auto at = std::find(axis.values.begin(), axis.values.end(), place) - axis.values.begin();
  curve->y[static_cast<std::size_t>(at)] = point.value;
  curve->error[static_cast<std::size_t>(at)] = point.error;
}

/// Cosines always have -1 to 1; other quantities a logarithmic axis where their numbers need one.
void set_range(GradientRange& range) {
  std::vector<double> all, ends;  // numbers, and the ends of their bars
  for (const GradientPanel& panel : range.panels)
    for (const GradientCurve& curve : panel.curves)
      for (std::size_t k = 0; k < curve.y.size(); ++k) {
        if (!std::isfinite(curve.y[k])) continue;
        const double error = std::isfinite(curve.error[k]) ? curve.error[k] : 0.0;
        all.push_back(curve.y[k]);
        ends.insert(ends.end(), {curve.y[k] - error, curve.y[k] + error});
      }
  if (range.name.starts_with("cosine")) {
    range.low = -1.05, range.high = 1.05;
    return;
  }
  // A bias or a variance of 0 has no place on a logarithmic axis, and is not why one is drawn.
  const bool negative = std::any_of(all.begin(), all.end(), [](double y) { return y < 0.0; });
  std::vector<double> above = all;
  std::erase_if(above, [](double y) { return y <= 0.0; });
  const auto [least, most] = std::minmax_element(above.begin(), above.end());
  range.logarithmic = !negative && above.size() > 1 && *most > kWide * *least;
  if (range.logarithmic) {
    constexpr double kRoom = 1.3;
    // Lower ends may be below 0: bars end with the plot.
    range.low = *least / kRoom, range.high = *std::max_element(ends.begin(), ends.end()) * kRoom;
    for (GradientPanel& panel : range.panels)
      for (GradientCurve& curve : panel.curves)
        for (double& y : curve.y)
          if (y <= 0.0) y = kNaN;
    return;
  }
  if (all.empty()) return;
  const auto [low, high] = std::minmax_element(ends.begin(), ends.end());
  const double size = std::max(*high - *low, std::abs(*high)), room = size > 0.0 ? 0.06 * size : 1;
  range.low = *low - room, range.high = *high + room;
}

GradientRange range_of(const Quantity& quantity, const std::vector<GradientRow>& rows,
                       const std::vector<std::string>& settings, Along what,
                       const GradientAxis& axis) {
  GradientRange range{quantity.name};
  // With the settings along it there is one plot.
  const std::vector<std::string> plots =
      what == Along::kSetting ? std::vector<std::string>{""} : settings;
  for (const std::string& plot : plots) {
    GradientPanel& panel = range.panels.emplace_back(GradientPanel{plot});
    for (const GradientRow& row : rows) {
      if (what != Along::kSetting && row.setting != plot) continue;
      const double place = place_of(row, what, settings);
      if (quantity.value == &GradientRow::mean)
        put(place, "truth", {row.truth, row.truth_error}, axis, panel.curves);
      const double error = quantity.error == nullptr ? kNaN : row.*quantity.error;
      put(place, row.estimate, {row.*quantity.value, error}, axis, panel.curves);
    }
  }
  set_range(range);
  return range;
}

}  // namespace

GradientPanels panels_of(const std::vector<GradientRow>& rows) {
  GradientPanels all;
  if (rows.empty()) return all;
  const Along what = along(rows);
  const std::vector<std::string> settings = settings_of(rows);
  all.axis = axis_of(rows, what);
  const auto add = [&](std::string title, const std::vector<GradientRow>& own) {
    GradientGroup& group = all.groups.emplace_back(GradientGroup{std::move(title)});
    for (const Quantity& quantity : kQuantities)
      group.ranges.push_back(range_of(quantity, own, settings, what, all.axis));
  };
  if (what == Along::kSigma) {
    add("", rows);
    return all;
  }
  for (const double sigma :
       distinct<double>(rows, [](const GradientRow& row) { return row.sigma; })) {
    std::vector<GradientRow> own;
    for (const GradientRow& row : rows)
      if (row.sigma == sigma) own.push_back(row);
    add(text("sigma = ", sigma), own);
  }
  return all;
}

}  // namespace kennel::report
