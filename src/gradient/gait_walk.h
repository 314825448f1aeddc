// A robot that follows a gait, from control step to control step, in any lane: what the returns of
// gaits are made of. What a control step pays says gait_return.h.
#pragma once

#include <array>
#include <limits>
#include <span>
#include <string>

#include "envs/quadruped/gait.h"
#include "kennel/core/dual.h"
#include "kennel/gradient/gait_start.h"

namespace kennel::gradient {

/// Derivatives are computed for a few numbers at a time: as many as a vector register holds.
inline constexpr int kDirections = 4;
static_assert(gait::kNumNumbers % kDirections == 0);
using GaitDual = Dual<double, kDirections>;

/// What control steps have paid, up to a fall.
template <class T>
struct Walked {
  T earned;
  mask_of<T> fallen;
};

/// A gait's numbers in their units, and how each changes with its own parameter.
struct GaitPoint {
  double number[gait::kNumNumbers];
  double rate[gait::kNumNumbers];
};

struct GaitWalk {
  static constexpr double kInfinite = std::numeric_limits<double>::infinity();
  using Joints = std::array<double, kNumJoints>;

  static constexpr Joints all(double x) {
    Joints out{};
    for (double& each : out) each = x;
    return out;
  }

  Quadruped<double> model;
  Quadruped<float> single;  // the same, for lanes of float
  gait::Body body;
  double stance_height = 0;  // m of the base over the floor where it stands in the body's pose
  double control_dt = 0.02;  // s
  int decimation = 5;        // physics steps a control step
  SolverOptions solver{};
  Joints target_low = all(-kInfinite), target_high = all(kInfinite);  // rad, of servos
  double least_upright = -2;         // cosine of the tilt beyond which it has fallen; -2: never
  double least_height = -kInfinite;  // m of the base below which it has fallen

  /// At rest in the body's pose.
  PhysicsState<double, AllLegs> standing() const;

  /// Walks some control steps, by the command and from the clock of `from`.
  /// \tparam T     double, NativePack or GaitDual
  /// \param state  where to begin, receives where it ends
  template <class T>
  Walked<T> walk(const T (&number)[gait::kNumNumbers], const GaitStart& from, int steps,
                 PhysicsState<T, AllLegs>& state) const;

  /// What control steps from a start pay.
  template <class T>
  T earned(const T (&number)[gait::kNumNumbers], const GaitStart& from, int steps) const;

  /// Sets the derivatives of what they pay by the parameters, (12), and returns the pay.
  Walked<double> gradient(const GaitPoint& at, const GaitStart& from, int steps,
                          std::span<double> out) const;
};

/// Why there is no such walk of a robot, in words; empty where there is.
std::string why_no_walk(const Quadruped<double>& robot);

}  // namespace kennel::gradient
