// One robot driven by given joint targets, physics step by physics step.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "kennel/dynamics/trajectory_row.h"
#include "kennel/model/env_params.h"

namespace kennel {

/// Beyond this size MuJoCo takes no number of a state or control for meant (its mjMAXVAL).
inline constexpr double kLargestState = 1e10;

/// An open-loop run. Arrays are row-major in MuJoCo's order and conventions.
struct OpenLoop {
  std::span<const double> init;  // (37): qpos, then qvel; the quaternion is normalised as MuJoCo
                                 // does it, to (1, 0, 0, 0) where it has no length
  std::span<const double> ctrl;  // (n, 12): joint targets in the model's actuator order, rad
  AnyParams params;
  std::array<double, kNv> qacc{};  // the solver's warm start in the first step
  SolverOptions solver = kConverged;
};

/// An open-loop run's first row: qpos, qvel and the warm start qacc.
inline std::vector<double> first_row(const OpenLoop& run) {
  std::vector<double> row(run.init.begin(), run.init.end());
  mend_quaternion(row.data() + 3);
  row.insert(row.end(), run.qacc.begin(), run.qacc.end());
  return row;
}

/// Runs it on the CPU in double or float.
/// \return (n + 1, 55): qpos and qvel at the start of step k and the qacc computed in it; NaN in
/// the last row's qacc
std::vector<double> simulate_double(const Quadruped<double>& model, const OpenLoop& run);
std::vector<double> simulate_float(const Quadruped<float>& model, const OpenLoop& run);

/// Runs it on a CUDA device in float.
/// \throws Error when there is no device or no CUDA backend
std::vector<double> simulate_cuda(const Quadruped<float>& model, const OpenLoop& run,
                                  int device = 0);

/// The plugin's entry point behind `simulate_cuda`.
/// \throws Error when the device cannot be used
extern "C" void kennel_open_loop_cuda(const Quadruped<float>* model, const OpenLoop* run,
                                      int device, std::vector<double>* out);

}  // namespace kennel
