#include "kennel/gradient/alpha_order.h"

#include <cmath>

#include "kennel/core/check.h"

namespace kennel::gradient {

double inverse_variance_alpha(const Moments& zeroth, const Moments& first) {
  const double sum = zeroth.variance_of_mean() + first.variance_of_mean();
  return sum > 0 ? zeroth.variance_of_mean() / sum : 1;
}

double zeroth_order_error(const Moments& zeroth, const AlphaRule& rule) {
  const double dim = static_cast<double>(zeroth.mean.size());
  const double log = std::log((dim + 1) / rule.delta);
  return std::sqrt(2 * zeroth.variance * log / zeroth.count) +
         2 * rule.lipschitz * log / (3 * zeroth.count);
}

double alpha_order_alpha(const Moments& zeroth, const Moments& first, const AlphaRule& rule) {
  const double room = rule.gamma - zeroth_order_error(zeroth, rule);
  if (room < 0) return 0;
  const double a = inverse_variance_alpha(zeroth, first);
  const double apart = distance(first.mean, zeroth.mean);
  return a * apart <= room ? a : room / apart;
}

Moments interpolated(const Moments& zeroth, const Moments& first, double alpha) {
  KENNEL_CHECK(zeroth.count == first.count, "expected as many samples of both orders, came ",
               zeroth.count, " and ", first.count);
  Moments out = zeroth;
  for (std::size_t i = 0; i < out.mean.size(); ++i)
    out.mean[i] = alpha * first.mean[i] + (1 - alpha) * zeroth.mean[i];
  out.variance = alpha * alpha * first.variance + (1 - alpha) * (1 - alpha) * zeroth.variance;
  return out;
}

}  // namespace kennel::gradient
