// Samples of a gradient, and what they say together.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace kennel::gradient {

/// A function of `dim` parameters, to be called from one thread at a time.
struct Function {
  int dim = 1;
  std::function<double(std::span<const double>)> value;
  /// Sets the derivatives (dim) and returns the value.
  std::function<double(std::span<const double>, std::span<double>)> gradient;
  /// Values of many parameters at once (count, dim), where that is faster; may be empty.
  std::function<void(std::span<const double>, std::span<double>)> values = {};
};

/// Where noise comes from: same seed, stream and index, same numbers. Two estimates are independent
/// where their streams differ.
struct Noise {
  std::uint64_t seed = 0;
  std::uint32_t stream = 0;
};

/// Standard normal numbers of the sample of that index.
void draw(const Noise& noise, std::uint32_t index, std::span<double> out);

/// Estimates from one sample each.
struct Samples {
  int dim = 0;
  std::vector<double> rows;  // (count, dim)

  int count() const { return static_cast<int>(rows.size()) / dim; }
  std::span<const double> row(int index) const {
    return std::span(rows).subspan(static_cast<std::size_t>(index) * dim, dim);
  }
};

struct Moments {
  std::vector<double> mean;  // (dim)
  double variance = 0;       // of one sample: the trace of their covariance, unbiased
  int count = 0;

  /// Of the mean of all samples.
  double variance_of_mean() const { return variance / count; }
};

/// \param samples  at least two
Moments moments(const Samples& samples);

double dot(std::span<const double> a, std::span<const double> b);
double norm(std::span<const double> a);
/// |a - b|.
double distance(std::span<const double> a, std::span<const double> b);
/// Cosine of the angle between them; 0 where one of them is 0.
double cosine(std::span<const double> a, std::span<const double> b);

}  // namespace kennel::gradient
