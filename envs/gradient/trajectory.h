// Two bodies on a line, a force on the first, and the cost of a whole plan of forces:
//   cost(u) = sum_{t < T} [(x_t - g)' Q (x_t - g) + R u_t^2] + (x_T - g)' Q (x_T - g),
//   x_{t+1} = step(x_t, u_t),   x = (x1, x2, v1, v2)   [m, m/s].
// Its gradient by all T forces costs one sweep backwards (Bryson and Ho 1975, chapter 2), with a
// step's Jacobian from dual numbers:
//   l_T = 2 Q (x_T - g),   l_t = 2 Q (x_t - g) + (dstep/dx)' l_{t+1},
//   dcost/du_t = 2 R u_t + (dstep/du)' l_{t+1}.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "kennel/core/dual.h"

namespace kennel::gradient {

template <class T>
struct TwoBodies {
  T x1, x2, v1, v2;
};

struct PlanCost {
  double goal[4] = {};                // m, m/s
  double Q[4] = {0.1, 10, 0.1, 0.1};  // the second body's place is what matters
  double R = 1;                       // of a force, 1/N^2
};

/// \tparam System  has `start`, `cost` and step(TwoBodies<T>, T u) for any lane
/// \param u         forces, one a step   [N]
/// \param gradient  receives the derivatives by them, or is empty
/// \return the cost
template <class System>
double plan_cost(const System& system, std::span<const double> u, std::span<double> gradient) {
  using D = Dual<double, 5>;
  const PlanCost& c = system.cost;
  const auto off = [&](const TwoBodies<double>& s) {
    return std::array{s.x1 - c.goal[0], s.x2 - c.goal[1], s.v1 - c.goal[2], s.v2 - c.goal[3]};
  };
  std::vector<TwoBodies<double>> path{system.start};
  double cost = 0;
  for (const double force : u) {
    cost += c.R * force * force;
    path.push_back(system.step(path.back(), force));
  }
  for (const auto& s : path)
    for (int i = 0; i < 4; ++i) cost += c.Q[i] * off(s)[i] * off(s)[i];
  if (gradient.empty()) return cost;

  double l[4];
  for (int i = 0; i < 4; ++i) l[i] = 2 * c.Q[i] * off(path.back())[i];
  for (std::size_t t = u.size(); t-- > 0;) {
    const auto& s = path[t];
    const TwoBodies<D> at{D::parameter(s.x1, 0), D::parameter(s.x2, 1), D::parameter(s.v1, 2),
                          D::parameter(s.v2, 3)};
    const TwoBodies<D> next = system.step(at, D::parameter(u[t], 4));
    const D* row[4] = {&next.x1, &next.x2, &next.v1, &next.v2};
    double back[5] = {};
    for (int k = 0; k < 5; ++k)
      for (int i = 0; i < 4; ++i) back[k] += row[i]->rate[k] * l[i];
    gradient[t] = 2 * c.R * u[t] + back[4];
    for (int i = 0; i < 4; ++i) l[i] = 2 * c.Q[i] * off(s)[i] + back[i];
  }
  return cost;
}

}  // namespace kennel::gradient
