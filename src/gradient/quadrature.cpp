#include "kennel/gradient/quadrature.h"

#include <cmath>
#include <numbers>

#include "kennel/core/check.h"

namespace kennel::gradient {

Limits limits_of(const Function& f, double x, double sigma, int points) {
  KENNEL_CHECK(f.dim == 1, "quadrature is for functions of one number, came one of ", f.dim);
  constexpr double kReach = 8;
  const double width = 2 * kReach / points;
  Limits out{0, 0};
  for (int i = 0; i < points; ++i) {
    const double z = -kReach + (i + 0.5) * width;
    const double weight = width * std::exp(-0.5 * z * z) / std::sqrt(2 * std::numbers::pi);
    const double at[1] = {x + sigma * z};
    double slope[1];
    out.truth += weight * f.gradient(at, slope) * z / sigma;
    out.first_order += weight * slope[0];
  }
  return out;
}

}  // namespace kennel::gradient
