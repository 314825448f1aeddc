#include "kennel/report/statistics.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "kennel/core/infinity.h"
#include "kennel/core/philox.h"

namespace kennel::report {
namespace {

constexpr std::uint32_t kResamples = 10000;
constexpr double kTail = 0.025;  // on either side of an interval

/// \param group  whose draws these are: those of two groups do not depend on each other
std::vector<double> resampled_medians(const std::vector<double>& values, std::uint32_t group,
                                      std::uint64_t seed) {
  const std::uint32_t low = static_cast<std::uint32_t>(seed);
  const std::uint32_t high = static_cast<std::uint32_t>(seed >> 32);
  std::vector<double> medians, drawn(values.size());
  for (std::uint32_t resample = 0; resample < kResamples; ++resample) {
    for (std::uint32_t draw = 0; draw < values.size(); ++draw) {
      const std::uint64_t random =
          philox4x32<std::uint32_t>(resample, draw, group, 0, low, high).x[0];
      drawn[draw] = values[random * values.size() >> 32];
    }
    medians.push_back(median(drawn));
  }
  return medians;
}

/// Of what may be infinite.
double difference(double a, double b) { return a == b ? 0.0 : a - b; }

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
  if (curve.x.empty() || x < curve.x.front() || x > curve.x.back()) return kNaN;
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
  if (values.empty()) return kNaN;
  std::sort(values.begin(), values.end());
  const double place = share * static_cast<double>(values.size() - 1);
  const std::size_t below = static_cast<std::size_t>(place);
  const double above = place - static_cast<double>(below);
  const double from = values[below];
  if (above == 0.0 || !std::isfinite(from)) return from;  // whatever comes after it
  return from + above * (values[below + 1] - from);
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
    band.median.push_back(median(values));
    band.high.push_back(quantile(values, 0.75));
  }
  return band;
}

MedianInterval bootstrap_median(const std::vector<double>& values, std::uint64_t seed) {
  if (values.empty()) return {kNaN, kNaN, kNaN};
  const std::vector<double> medians = resampled_medians(values, 0, seed);
  return {median(values), quantile(medians, kTail), quantile(medians, 1.0 - kTail)};
}

MedianInterval bootstrap_difference(const std::vector<double>& first,
                                    const std::vector<double>& second, std::uint64_t seed) {
  if (first.empty() || second.empty()) return {kNaN, kNaN, kNaN};
  std::vector<double> differences = resampled_medians(first, 0, seed);
  const std::vector<double> others = resampled_medians(second, 1, seed);
  for (std::size_t k = 0; k < differences.size(); ++k)
    differences[k] = difference(differences[k], others[k]);
  return {difference(median(first), median(second)), quantile(differences, kTail),
          quantile(differences, 1.0 - kTail)};
}

}  // namespace kennel::report
