// The first-order estimate of the gradient of F(x) = E f(x + w), w ~ N(0, sigma^2 1):
//   (1/N) sum grad f(x + w_n).
// Unbiased where f is continuous; what a jump adds to the gradient it never sees. Its variance does
// not grow with the number of parameters, but with how steep f is.
// Source: Suh et al. 2022 (ICML), definition 2.3.
#pragma once

#include "kennel/gradient/samples.h"

namespace kennel::gradient {

/// Samples of the first-order estimate.
/// \param x      (dim)
/// \param sigma  of the noise; 0 gives the gradient at x itself
Samples first_order(const Function& f, std::span<const double> x, double sigma, int count,
                    const Noise& noise);

}  // namespace kennel::gradient
