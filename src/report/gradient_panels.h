// The plots of a study of gradients, for its page and its picture.
#pragma once

#include <string>
#include <vector>

#include "kennel/report/gradient_page.h"

namespace kennel::report {

/// What all plots have along them, in rising order.
struct GradientAxis {
  std::string name;                // "horizon"
  bool logarithmic = false;        // values are above 0 then
  std::vector<double> values{};    // settings are numbered from 0
  std::vector<std::string> ticks;  // a value each
};

/// A curve; NaN where there is none.
struct GradientCurve {
  std::string name;                // of the estimate, or "truth"
  std::vector<double> y{}, error;  // a number and its standard error for each value of the axis
};

/// The curves of a setting.
struct GradientPanel {
  std::string title;
  std::vector<GradientCurve> curves{};
};

/// A quantity: its plots have one range.
struct GradientRange {
  std::string name;          // "bias"
  bool logarithmic = false;  // then what is not above 0 has no place: NaN
  double low = 0.0, high = 1.0;
  std::vector<GradientPanel> panels{};
};

/// The plots of one noise; of all where the noise is along them.
struct GradientGroup {
  std::string title;  // "sigma = 0.1"; may be empty
  std::vector<GradientRange> ranges{};
};

struct GradientPanels {
  GradientAxis axis;
  std::vector<GradientGroup> groups{};
};

GradientPanels panels_of(const std::vector<GradientRow>& rows);

}  // namespace kennel::report
