// What a robot earns in a few control steps of a gait, as a function of the gait's numbers.
//
//   return = sum over control steps of  exp(-|v_xy - command|^2 / 0.25)
//                                     + 1/2 exp(-(yaw rate - command)^2 / 0.25) - v_z^2 - tilt^2
// of base velocities [m/s, rad/s] and the sine of the base's tilt. It starts from a robot that has
// trotted for a while. The parameters are the gait's numbers less their start, in their steps, so
// that the noise of an estimate means the same for each.
#pragma once

#include <array>

#include "envs/quadruped/gait.h"
#include "kennel/gradient/samples.h"

namespace kennel::gradient {

struct GaitSetup {
  Quadruped<double> model;  // its timestep is replaced
  std::array<float, kNumJoints> pose{};
  double stance_height = 0;                  // m
  std::array<double, 3> command{0.4, 0, 0};  // m/s, m/s, rad/s
  double physics_dt = 0.004;                 // s; divides control_dt
  double control_dt = 0.02;                  // s
  int warm_up = 50;                          // control steps trotted before
  int horizon = 16;                          // control steps that count
};

/// The return. Its value is computed in float, eight candidates and more at once; its gradient in
/// double, by duals.
/// \throws Error for a robot with more contact points than the gait's physics has, a physics step
/// that does not divide the control step, or a robot that has fallen before the first step
Function gait_return(const GaitSetup& setup);

}  // namespace kennel::gradient
