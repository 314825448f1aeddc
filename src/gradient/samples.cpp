#include "kennel/gradient/samples.h"

#include <cmath>

#include "kennel/core/check.h"
#include "kennel/core/normal.h"

namespace kennel::gradient {

void draw(const Noise& noise, std::uint32_t index, std::span<double> out) {
  for (std::size_t block = 0; 4 * block < out.size(); ++block) {
    const Random4<std::uint32_t> bits = philox4x32<std::uint32_t>(
        index, static_cast<std::uint32_t>(block), noise.stream, 0x67726164u,
        static_cast<std::uint32_t>(noise.seed), static_cast<std::uint32_t>(noise.seed >> 32));
    const Normal4<float> four = normal4<float>(bits);
    for (std::size_t k = 0; k < 4 && 4 * block + k < out.size(); ++k)
      out[4 * block + k] = static_cast<double>(four.x[k]);
  }
}

Moments moments(const Samples& samples) {
  const int count = samples.count();
  KENNEL_CHECK(count >= 2, "a variance needs at least 2 samples, came ", count);
  Moments out;
  out.count = count;
  out.mean.assign(samples.dim, 0.0);
  for (int n = 0; n < count; ++n)
    for (int i = 0; i < samples.dim; ++i) out.mean[i] += samples.row(n)[i] / count;
  double sum = 0;
  for (int n = 0; n < count; ++n) {
    const double off = distance(samples.row(n), out.mean);
    sum += off * off;
  }
  out.variance = sum / (count - 1);
  return out;
}

double dot(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

double norm(std::span<const double> a) { return std::sqrt(dot(a, a)); }

double distance(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(sum);
}

double cosine(std::span<const double> a, std::span<const double> b) {
  const double size = norm(a) * norm(b);
  return size > 0 ? dot(a, b) / size : 0;
}

}  // namespace kennel::gradient
