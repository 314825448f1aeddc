#include "kennel/gradient/zeroth_order.h"

#include "kennel/core/check.h"

namespace kennel::gradient {

Samples zeroth_order(const Function& f, std::span<const double> x, double sigma, int count,
                     const Noise& noise, std::optional<double> baseline) {
  KENNEL_CHECK(sigma > 0, "the zeroth-order estimate needs noise above 0, came ", sigma);
  const double b = baseline ? *baseline : f.value(x);
  Samples out{f.dim, std::vector<double>(static_cast<std::size_t>(count) * f.dim)};
  std::vector<double> at(out.rows.size()), value(count);
  for (int n = 0; n < count; ++n) {
    const std::size_t row = static_cast<std::size_t>(n) * f.dim;
    draw(noise, n, std::span(out.rows).subspan(row, f.dim));
    for (int i = 0; i < f.dim; ++i) at[row + i] = x[i] + sigma * out.rows[row + i];
  }
  if (f.values) {
    f.values(at, value);
  } else {
    for (int n = 0; n < count; ++n)
      value[n] = f.value(std::span(at).subspan(static_cast<std::size_t>(n) * f.dim, f.dim));
  }
  for (std::size_t k = 0; k < out.rows.size(); ++k) out.rows[k] *= (value[k / f.dim] - b) / sigma;
  return out;
}

}  // namespace kennel::gradient
