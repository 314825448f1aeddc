// What the estimates of a function of one number converge to, by the midpoint rule over +-8 sigma:
//   truth        d/dx E f(x + w)  = integral f(x + sigma z) z / sigma phi(z) dz,
//   first order  E f'(x + w)      = integral f'(x + sigma z) phi(z) dz.
// They differ by what f jumps.
#pragma once

#include "kennel/gradient/samples.h"

namespace kennel::gradient {

struct Limits {
  double truth, first_order;
};

/// \param points  of the rule; a jump costs an error of about 1 / points
Limits limits_of(const Function& f, double x, double sigma, int points = 400000);

}  // namespace kennel::gradient
