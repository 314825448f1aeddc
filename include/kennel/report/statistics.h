// What several seeds of several methods come to: medians and bands of curves, when a curve reaches
// a threshold, bootstrap intervals of medians and of their differences. Nothing here reads a file
// or draws a number that its arguments do not decide.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace kennel::report {

/// Rows of a training: x rises, y is finite.
struct Curve {
  std::vector<double> x, y;
};

/// Each y becomes the mean of itself and of the rows before it that are less than `width` away, so
/// that nothing of a row is known before it: what reaches a threshold has reached it.
Curve smoothed(const Curve& curve, double width);

/// Straight between rows; NaN before the first and after the last.
double value_at(const Curve& curve, double x);

/// The first row's x from which y is at the threshold or beyond it.
std::optional<double> first_at(const Curve& curve, double threshold, bool smaller_is_better);

/// Straight between the values in their order, 0 the least and 1 the greatest of them
/// (Hyndman and Fan 1996, type 7). Between a value that is infinite and another one there is
/// nothing but the infinite one. NaN of nothing.
double quantile(std::vector<double> values, double share);

inline double median(std::vector<double> values) { return quantile(std::move(values), 0.5); }

/// The middle of several curves at the same x.
struct Band {
  std::vector<double> x, low, median, high;  // quartiles; NaN where fewer than half have a value
};
Band band_of(std::span<const Curve> curves, const std::vector<double>& x);

struct MedianInterval {
  double median, low, high;  // NaN of nothing
};

/// The median and where 95 % of the medians of resamples lie (percentile bootstrap, Efron and
/// Tibshirani 1993, section 13.3): of five values from the least to the greatest. A mean's would be
/// narrower than the truth with so few seeds, and one run that failed would decide it. The same
/// values and seed give the same bits.
MedianInterval bootstrap_median(const std::vector<double>& values, std::uint64_t seed = 1);

/// The difference of two medians, the first minus the second, and where 95 % of those of their
/// resamples lie, each group's drawn on its own (the same section): where that holds 0, the two are
/// not told apart. Two infinite medians of one sign differ by 0. NaN where either has nothing. The
/// first group's resamples are those of `bootstrap_median`.
MedianInterval bootstrap_difference(const std::vector<double>& first,
                                    const std::vector<double>& second, std::uint64_t seed = 1);

}  // namespace kennel::report
