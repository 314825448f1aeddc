// The plots of a study of gradients as one SVG picture, which shows where no script runs.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "gradient_panels.h"
#include "kennel/core/check.h"
#include "kennel/io/atomic_file.h"
#include "page_file.h"

namespace kennel::report {
namespace {

// In pixels.
constexpr double kPlotWidth = 210, kPlotHeight = 130;
constexpr double kLeft = 60, kGap = 16, kTop = 24, kBottom = 24;
constexpr double kHead = 30, kLegend = 22;
constexpr double kDotRadius = 2.5;
constexpr double kBarsApart = 3;
constexpr double kCharacter = 6.5;  // of a label, about

constexpr const char* kStyle =
    "text{font:11px system-ui,sans-serif;fill:#66696d}"
    ".title{font-size:12px;font-weight:600;fill:#1c1d1f}"
    ".grid{stroke:#e4e4df}.axis{stroke:#66696d}"
    "path{fill:none;stroke-width:1.5}.truth{stroke-dasharray:5 3}"
    ".error{stroke-width:1;stroke-opacity:.7}";

/// As page/gradient.js colours them.
const char* colour_of(const std::string& curve) {
  if (curve == "truth") return "#7d6000";
  if (curve == "zeroth") return "#0068a8";
  if (curve == "first") return "#c85200";
  if (curve == "inverse variance") return "#00795c";
  return "#7a3fb0";
}

/// A coordinate to a tenth of a pixel.
std::string at(double pixels) {
  char number[32];
  std::snprintf(number, sizeof number, "%.1f", pixels);
  return number;
}

std::string label(double x, double y, const std::string& words, const char* anchor,
                  const char* kind = "") {
  return text("<text x=\"", at(x), "\" y=\"", at(y), "\" text-anchor=\"", anchor, "\" class=\"",
              kind, "\">", markup_escaped(words), "</text>\n");
}

std::string line(double x1, double y1, double x2, double y2, const char* kind) {
  return text("<line x1=\"", at(x1), "\" y1=\"", at(y1), "\" x2=\"", at(x2), "\" y2=\"", at(y2),
              "\" class=\"", kind, "\"/>\n");
}

/// One axis: numbers to shares of its length.
struct Scale {
  double low, high;
  bool logarithmic;
  double share(double value) const {
    if (logarithmic) return std::log(value / low) / std::log(high / low);
    return (value - low) / (high - low);
  }
};

/// Powers of ten, or round numbers; about four of them.
std::vector<double> ticks_of(const Scale& scale) {
  constexpr double kCount = 4.0, kSmall = 1e-9;
  std::vector<double> ticks;
  if (scale.logarithmic) {
    const double from = std::ceil(std::log10(scale.low) - kSmall);
    const double to = std::floor(std::log10(scale.high) + kSmall);
    const double every = std::max(1.0, std::ceil((to - from + 1.0) / kCount));
    for (double power = from; power <= to; power += every) ticks.push_back(std::pow(10.0, power));
    if (ticks.size() > 1) return ticks;
    return {scale.low, std::sqrt(scale.low * scale.high), scale.high};
  }
  const double rough = (scale.high - scale.low) / kCount;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  double step = 10.0 * power;
  for (const double factor : {5.0, 2.0, 1.0})
    if (factor * power >= 0.7 * rough) step = factor * power;
  for (double k = std::ceil(scale.low / step - kSmall); k * step <= scale.high; ++k)
    ticks.push_back(k == 0.0 ? 0.0 : k * step);
  return ticks;
}

std::string tick_text(double value) {
  char words[32];
  std::snprintf(words, sizeof words, "%.2g", value);
  return words;
}

/// Room at both ends, as on the page.
Scale along(const GradientAxis& axis) {
  const double low = axis.values.front(), high = axis.values.back();
  if (axis.logarithmic) return {low / 1.15, high * 1.15, true};
  const double room = high > low ? 0.08 * (high - low) : 0.5;
  return {low - room, high + room, false};
}

bool has_error(const GradientCurve& curve) {
  return std::any_of(curve.error.begin(), curve.error.end(), [](double x) { return x > 0.0; });
}

/// A plot with its upper left corner there; the first of a row has the numbers of its y axis.
std::string plot(const GradientPanel& panel, const GradientRange& range, const GradientAxis& axis,
                 double left, double top, bool first) {
  const Scale across = along(axis), up{range.low, range.high, range.logarithmic};
  const auto x = [&](double value) { return left + kPlotWidth * across.share(value); };
  const auto y = [&](double value) { return top + kPlotHeight * (1.0 - up.share(value)); };
  const double floor = top + kPlotHeight;
  std::string out = label(left, top - 7, panel.title.empty() ? range.name : panel.title, "start");
  for (const double tick : ticks_of(up)) {
    out += line(left, y(tick), left + kPlotWidth, y(tick), "grid");
    if (first) out += label(left - 5, y(tick) + 4, tick_text(tick), "end");
  }
  out += line(left, floor, left + kPlotWidth, floor, "axis");
  double free_from = -INFINITY;  // what would lie over the label before it is left out
  for (std::size_t k = 0; k < axis.values.size(); ++k) {
    const double half = 0.5 * kCharacter * static_cast<double>(axis.ticks[k].size());
    if (x(axis.values[k]) - half < free_from) continue;
    out += label(x(axis.values[k]), floor + 14, axis.ticks[k], "middle");
    free_from = x(axis.values[k]) + half + kCharacter;
  }
  const bool barred = std::any_of(panel.curves.begin(), panel.curves.end(), has_error);
  // So that bars stand side by side.
  double shift = barred ? -0.5 * kBarsApart * static_cast<double>(panel.curves.size() - 1) : 0.0;
  for (const GradientCurve& curve : panel.curves) {
    std::string path, dots, bars;
    bool drawn = false;
    for (std::size_t k = 0; k < curve.y.size(); ++k) {
      const bool known = std::isfinite(curve.y[k]);
      if (known) {
        const std::string px = at(x(axis.values[k]) + shift), py = at(y(curve.y[k]));
        path += text(drawn ? "L" : "M", px, ' ', py);
        dots += text("<circle cx=\"", px, "\" cy=\"", py, "\" r=\"", kDotRadius, "\" fill=\"",
                     colour_of(curve.name), "\"/>\n");
        if (curve.error[k] > 0.0) {
          const double lower = std::max(curve.y[k] - curve.error[k], range.low);
          bars += text("M", px, ' ', at(y(lower)), "V", at(y(curve.y[k] + curve.error[k])));
        }
      }
      drawn = known;
    }
    if (barred) shift += kBarsApart;
    if (path.empty()) continue;
    if (!bars.empty())
      out +=
          text("<path class=\"error\" stroke=\"", colour_of(curve.name), "\" d=\"", bars, "\"/>\n");
    out += text("<path", curve.name == "truth" ? " class=\"truth\"" : "", " stroke=\"",
                colour_of(curve.name), "\" d=\"", path, "\"/>\n", dots);
  }
  return out;
}

/// The names of all curves; below them what is along the plots, and what the bars are.
std::string legend(const GradientPanels& panels, double top) {
  constexpr double kSwatch = 14, kBetween = 26;
  std::string out;
  double x = kLeft;
  for (const GradientCurve& curve : panels.groups.front().ranges.front().panels.front().curves) {
    out += text("<path", curve.name == "truth" ? " class=\"truth\"" : "", " stroke=\"",
                colour_of(curve.name), "\" d=\"M", at(x), ' ', at(top - 4), "h", kSwatch, "\"/>\n");
    out += label(x + kSwatch + 4, top, curve.name, "start");
    x += kSwatch + kBetween + kCharacter * static_cast<double>(curve.name.size());
  }
  std::string words = "bars: a standard error";
  if (!panels.axis.name.empty()) words = "along the plots: " + panels.axis.name + "; " + words;
  return out + label(kLeft, top + kLegend, words, "start");
}

}  // namespace

void write_gradient_figure(const GradientPage& page, const std::filesystem::path& file) {
  const GradientPanels panels = panels_of(page.rows);
  std::size_t most = 1;
  std::string contents = label(kLeft, 18, page.title, "start", "title");
  double top = kHead;
  if (!panels.groups.empty()) {
    contents += legend(panels, top + kLegend - 8);
    top += 2 * kLegend;
  }
  for (const GradientGroup& group : panels.groups) {
    if (!group.title.empty()) {
      top += kLegend;
      contents += label(kLeft, top - 6, group.title, "start", "title");
    }
    for (const GradientRange& range : group.ranges) {
      top += kTop;
      double left = kLeft;
      for (const GradientPanel& panel : range.panels) {
        contents += plot(panel, range, panels.axis, left, top, left == kLeft);
        left += kPlotWidth + kGap;
      }
      // Beside the numbers, along the axis.
      contents +=
          text("<text transform=\"translate(12 ", at(top + 0.5 * kPlotHeight),
               ") rotate(-90)\" text-anchor=\"middle\">", markup_escaped(range.name), "</text>\n");
      top += kPlotHeight + kBottom;
      most = std::max(most, range.panels.size());
    }
  }
  // A title may be wider than one plot.
  const double width =
      kLeft + static_cast<double>(std::max<std::size_t>(most, 3)) * (kPlotWidth + kGap);
  write_file_atomically(
      file, text("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 ", at(width), ' ',
                 at(top), "\" width=\"", at(width), "\" height=\"", at(top), "\">\n<title>",
                 markup_escaped(page.title), "</title>\n<style>", kStyle,
                 "</style>\n<rect width=\"100%\" height=\"100%\" fill=\"#fdfdfb\"/>\n", contents,
                 "</svg>\n"));
}

}  // namespace kennel::report
