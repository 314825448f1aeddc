// kennel simulate: open-loop controls in, trajectory out, for comparing with other simulators and
// with logs.
#pragma once

#include <optional>
#include <string>

#include "kennel/dynamics/state.h"
#include "kennel/model/overrides.h"
#include "kennel/run/device.h"

namespace kennel {

enum class Precision { kDouble, kFloat };

/// Flags of the command. All values are checked, files are not yet opened.
struct SimulateCommand {
  std::string replay;  // what train kept of an environment that diverged; instead of ctrl and init
  std::string model;   // MJCF; empty: the shipped robot
  std::string ctrl;    // .npy (n, 12): joint targets [rad], a row a physics step
  std::string init;    // .npy (37): qpos, then qvel
  std::string
      out;  // .npy (n + 1, 55): qpos and qvel at the start of step k, the qacc computed in it
  Precision precision = Precision::kDouble;
  Device device;                        // a GPU only with kFloat
  std::optional<SolverOptions> solver;  // empty: converged, or the replay's own
  bool exact_invweight = false;         // recompute the inverse weights of the changed model
  ModelOverrides set;
};

/// Writes the trajectory to `command.out`.
/// \return the exit code
/// \throws Error when a file is missing, malformed, of another shape, or cannot be written
int run_simulate(const SimulateCommand& command);

}  // namespace kennel
