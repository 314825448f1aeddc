#include "statistics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>

#include "kennel/core/philox.h"

namespace kennel::report {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr std::uint32_t kResamples = 10000;
constexpr double kTail = 0.025;  // on either side of an interval

double sum_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

double mean_of(const std::vector<double>& values) {
  return sum_of(values) / static_cast<double>(values.size());
}

}  // namespace

Curve smoothed(const Curve& curve, double width) {
  Curve out{curve.x, {}};
  std::size_t from = 0;
  for (std::size_t row = 0; row < curve.x.size(); ++row) {
    while (from < row && curve.x[row] - curve.x[from] >= width) ++from;
    double sum = 0.0;  // anew: what a training begins with may be too large to subtract again
    for (std::size_t at = from; at <= row; ++at) sum += curve.y[at];
    out.y.push_back(sum / static_cast<double>(row - from + 1));
  }
  return out;
}

double value_at(const Curve& curve, double x) {
  if (curve.x.empty() || x < curve.x.front() || x > curve.x.back()) return kNone;
  const std::size_t above = static_cast<std::size_t>(
      std::lower_bound(curve.x.begin(), curve.x.end(), x) - curve.x.begin());
  if (curve.x[above] == x) return curve.y[above];
  const double share = (x - curve.x[above - 1]) / (curve.x[above] - curve.x[above - 1]);
  return curve.y[above - 1] + share * (curve.y[above] - curve.y[above - 1]);
}

std::optional<double> first_at(const Curve& curve, double threshold, bool smaller_is_better) {
  for (std::size_t row = 0; row < curve.x.size(); ++row)
    if (smaller_is_better ? curve.y[row] <= threshold : curve.y[row] >= threshold)
      return curve.x[row];
  return {};
}

double quantile(std::vector<double> values, double share) {
  if (values.empty()) return kNone;
  std::sort(values.begin(), values.end());
  const double place = share * static_cast<double>(values.size() - 1);
  const std::size_t below = static_cast<std::size_t>(place);
  const double above = place - static_cast<double>(below);
  if (above == 0.0) return values[below];  // whatever comes after it: it may be infinite
  return values[below] + above * (values[below + 1] - values[below]);
}

Band band_of(std::span<const Curve> curves, const std::vector<double>& x) {
  Band band{x, {}, {}, {}};
  for (const double at : x) {
    std::vector<double> values;
    for (const Curve& curve : curves) {
      const double value = value_at(curve, at);
      if (std::isfinite(value)) values.push_back(value);
    }
    if (2 * values.size() < curves.size()) values.clear();
    band.low.push_back(quantile(values, 0.25));
    band.median.push_back(quantile(values, 0.5));
    band.high.push_back(quantile(values, 0.75));
  }
  return band;
}

MedianInterval bootstrap_median(const std::vector<double>& values, std::uint64_t seed) {
  if (values.empty()) return {kNone, kNone, kNone};
  const std::uint32_t low = static_cast<std::uint32_t>(seed);
  const std::uint32_t high = static_cast<std::uint32_t>(seed >> 32);
  std::vector<double> medians, drawn(values.size());
  for (std::uint32_t resample = 0; resample < kResamples; ++resample) {
    for (std::uint32_t draw = 0; draw < values.size(); ++draw) {
      const std::uint64_t random = philox4x32<std::uint32_t>(resample, draw, 0, 0, low, high).x[0];
      drawn[draw] = values[random * values.size() >> 32];
    }
    medians.push_back(quantile(drawn, 0.5));
  }
  return {quantile(values, 0.5), quantile(medians, kTail), quantile(medians, 1.0 - kTail)};
}

std::optional<Variances> random_effects(const std::vector<std::vector<double>>& methods) {
  double k = 0.0, all = 0.0, sum = 0.0, squares = 0.0;  // squares: of how many each has
  for (const std::vector<double>& values : methods) {
    const double n = static_cast<double>(values.size());
    k += n > 0.0;
    all += n;
    squares += n * n;
    sum += sum_of(values);
  }
  if (k < 2.0 || all <= k) return {};
  double within = 0.0, between = 0.0;
  for (const std::vector<double>& values : methods) {
    if (values.empty()) continue;
    const double mean = mean_of(values), off = mean - sum / all;
    between += static_cast<double>(values.size()) * off * off;
    for (const double value : values) within += (value - mean) * (value - mean);
  }
  within /= all - k;
  between /= k - 1.0;
  const double n0 = (all - squares / all) / (k - 1.0);
  return Variances{within, std::max(0.0, (between - within) / n0)};
}

}  // namespace kennel::report
