// A step and its soft form: the smallest functions whose first-order gradient misleads.
//
//   f(x) = 1 where x >= 0, else 0                     E f'(x + w) = 0, whatever the noise
//   f(x) = clamp(x / width + 1/2, 0, 1)               f' = 1 / width on an interval of that width
// With w ~ N(0, sigma^2) the gradient of E f(x + w) is, of the step, the density N(x; 0, sigma^2).
// Source: Suh, Simchowitz, Zhang, Tedrake, "Do differentiable simulators give better policy
// gradients?" (ICML 2022), section 3 and example 3.2.
#pragma once

#include "kennel/core/math.h"

namespace kennel::gradient {

struct Heaviside {
  template <class T>
  T operator()(const T& x) const {
    return select(x < T(0), T(0), T(1));
  }
};

/// The variance of a first-order sample grows as 1 / width, and with few samples the mean misses
/// the ramp altogether.
struct SoftHeaviside {
  double width = 0.1;  // of the ramp

  template <class T>
  T operator()(const T& x) const {
    return clamp(x * T(1 / width) + T(0.5), T(0), T(1));
  }
};

}  // namespace kennel::gradient
