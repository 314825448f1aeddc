// How stiff a model's constraints are, which decides what single precision can make of them.
//
// The number is a row's largest D times its inverse weight: D over the mass that the row meets,
// about which other rows' D lie. The Hessian M + J' D J loses so many digits of M. It holds
// impratio / mu^2, and what solimp adds to it: d / (1 - d), 10 to 10000.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "kennel/model/quadruped.h"
#include "src/model/elements.h"

namespace kennel {

// Worst relative error of qacc beside MuJoCo (converged, thousands of random steps thrown to the
// ground, the shipped robot and one of 45 kg without armature; solimp, impratio and friction
// varied):
//   solver.h        2e-4 to 3e-4 at 500, 1e-3 at 1200, 5e-3 at 2300, 0.3 at 1e5, 3 at 5e5
//   stiff_solver.h  2e-5 up to 1.2e6, 3e-3 at 2.3e6; at 5e6 2 steps in a hundred off by more than
//                   1e-3, at 5e7 18, and more as it grows
inline constexpr double kStiff = 500, kTooStiffForFloat = 1e6, kTooStiff = 1e8;

inline double odds(const Impedance<double>& p) {
  const double d = std::max(p.d0, p.dmax);
  return d / (1 - d);
}

/// Of an edge of the friction pyramid (constraint.h, contact_rows).
inline double stiffness(const Sphere<double>& sphere, double impratio) {
  const double mu2 = sphere.friction * sphere.friction;
  return odds(sphere.impedance) * impratio / (2 * mu2 * (1 + mu2));
}

/// Of a hinge's limits and dry friction.
inline double stiffness(const Hinge<double>& hinge) {
  return std::max(hinge.limits_at_once ? odds(hinge.limit) : 0,
                  hinge.frictionloss > 0 ? hinge.invweight / hinge.friction_R : 0);
}

/// A model's stiffest element.
struct Stiffest {
  double value = 0;
  mjtObj kind = mjOBJ_UNKNOWN;
  int id = -1;

  void add(double stiffness, mjtObj element_kind, int element_id) {
    if (stiffness > value) *this = {stiffness, element_kind, element_id};
  }
};

/// Chooses the solver, warns of what single precision cannot follow.
/// \throws Error naming the element where not even most steps would be right
inline void judge_stiffness(const Source& s, const Stiffest& stiffest, Quadruped<double>& out,
                            std::vector<std::string>& warnings) {
  out.stiff = stiffest.value > kStiff;
  if (stiffest.value <= kTooStiffForFloat) return;
  const std::string found =
      text("a constraint's largest D is ", stiffest.value,
           " times the mass that it meets (impratio, 1 / friction^2 and d / (1 - d) of solimp, "
           "multiplied)");
  constexpr const char* kTry = "a smaller impratio or dmax of solimp, or more friction";
  s.require(stiffest.value <= kTooStiff, stiffest.kind, stiffest.id, found, "; expected at most ",
            kTooStiff, ": try ", kTry);
  warnings.push_back(text(s.name, ": ", element(s.m, stiffest.kind, stiffest.id), ": ", found,
                          ", and single precision follows it up to ", kTooStiffForFloat,
                          ": some steps will be wrong in training; try ", kTry,
                          ", or in simulate --precision double"));
}

}  // namespace kennel
