// The zeroth-order estimate of the gradient of F(x) = E f(x + w), w ~ N(0, sigma^2 1):
//   (1/N) sum (f(x + w_n) - b) w_n / sigma^2.
// Unbiased for any f that has the expectation, jumps included, and for any baseline b that does not
// depend on w; its variance grows as 1 / sigma^2 and with the number of parameters.
// Source: Suh et al. 2022 (ICML), definition 2.2; the likelihood ratio of a Gaussian.
#pragma once

#include <optional>

#include "kennel/gradient/samples.h"

namespace kennel::gradient {

/// Samples of the zeroth-order estimate.
/// \param x         (dim)
/// \param sigma     of the noise, above 0
/// \param count     evaluations of f, one more where there is no baseline
/// \param baseline  b; without one f(x)
Samples zeroth_order(const Function& f, std::span<const double> x, double sigma, int count,
                     const Noise& noise, std::optional<double> baseline = {});

}  // namespace kennel::gradient
