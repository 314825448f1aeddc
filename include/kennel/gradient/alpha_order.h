// Between zeroth and first order:
//   alpha FO + (1 - alpha) ZO, of independent samples.
// Inverse-variance weighting takes the alpha of least variance, as if both were unbiased:
//   a = var0 / (var0 + var1).
// The alpha-order estimate holds the first order's bias below gamma, as far as the zeroth order can
// tell: with d parameters, N samples each, confidence 1 - delta and |f w / sigma^2| below L,
//   eps   = sqrt(2 var0 ln((d + 1) / delta) / N) + 2 L ln((d + 1) / delta) / (3 N),
//   alpha = 0                              where eps > gamma,
//           a                              where a |FO - ZO| <= gamma - eps,
//           (gamma - eps) / |FO - ZO|      elsewhere.
// Source: Suh et al. 2022 (ICML), section 4, definition 4.1 and equation 5; eps is the vector
// Bernstein bound.
#pragma once

#include "kennel/gradient/samples.h"

namespace kennel::gradient {

struct AlphaRule {
  double gamma = 1;  // bias that is allowed, in units of the gradient; small: zeroth order alone
  double lipschitz =
      0;                // L, in the same units; too small: the bound holds more seldom than it says
  double delta = 0.95;  // that the bound does not hold; nearer to 0: more zeroth order
};

/// The weight of the first order that gives the least variance: in [0, 1]; 1 where neither varies.
double inverse_variance_alpha(const Moments& zeroth, const Moments& first);

/// How far the mean of the zeroth order's samples may be from the truth.
double zeroth_order_error(const Moments& zeroth, const AlphaRule& rule);

/// The weight of the first order by the rule above.
double alpha_order_alpha(const Moments& zeroth, const Moments& first, const AlphaRule& rule);

/// alpha FO + (1 - alpha) ZO: its mean, and the variance of a pair of samples. The two must come
/// from different streams of noise.
Moments interpolated(const Moments& zeroth, const Moments& first, double alpha);

}  // namespace kennel::gradient
