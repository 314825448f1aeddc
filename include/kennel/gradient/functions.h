// The small systems of envs/gradient as functions of their parameters.
#pragma once

#include <utility>

#include "envs/gradient/trajectory.h"
#include "kennel/gradient/samples.h"

namespace kennel::gradient {

/// A function of one number that is written for any lane.
template <class Curve>
Function function_of(Curve curve) {
  using D = Dual<double, 1>;
  return {1, [curve](std::span<const double> x) { return curve(x[0]); },
          [curve](std::span<const double> x, std::span<double> out) {
            const D y = curve(D::parameter(x[0], 0));
            out[0] = y.rate[0];
            return y.value;
          }};
}

/// The cost of a plan of `steps` forces.
template <class System>
Function plan_of(System system, int steps) {
  return {steps, [system](std::span<const double> u) { return plan_cost(system, u, {}); },
          [system](std::span<const double> u, std::span<double> out) {
            return plan_cost(system, u, out);
          }};
}

}  // namespace kennel::gradient
