// kennel simulate: files in, trajectory out.
#include "simulate.h"

#include <cmath>
#include <iostream>

#include "kennel/core/check.h"
#include "kennel/io/npy.h"
#include "kennel/sim/make_env.h"
#include "kennel/sim/open_loop.h"

namespace kennel {
namespace {

std::vector<double> run(const SimulateCommand& command, const Quadruped<double>& model,
                        const OpenLoop& input) {
  if (command.precision == Precision::kDouble) return simulate_double(model, input);
  return command.device == Device::kCuda ? simulate_cuda(to_float(model), input)
                                         : simulate_float(to_float(model), input);
}

}  // namespace

int run_simulate(const SimulateCommand& command) {
  KENNEL_CHECK(command.device == Device::kCpu || command.precision == Precision::kFloat,
               "--device cuda computes in float; add --precision float, or use --device cpu");
  const NpyArray ctrl = read_npy(command.ctrl, {kAnyLength, kNumJoints});
  const NpyArray init = read_npy(command.init, {static_cast<std::size_t>(kNq + kNv)});
  const LoadedQuadruped robot =
      load_quadruped(command.model.empty() ? shipped_model() : std::filesystem::path(command.model),
                     command.set, command.exact_invweight);
  for (const std::string& warning : robot.warnings)
    std::cerr << "kennel: warning: " << warning << '\n';

  OpenLoop input{init.values, ctrl.values, kConverged};
  if (command.solver_iterations)
    input.solver = {*command.solver_iterations, SolverOptions{}.ls_iterations};
  const std::vector<double> trajectory = run(command, robot.model, input);
  const std::size_t rows = ctrl.shape[0] + 1;
  write_npy(command.out, {rows, static_cast<std::size_t>(kTrajectoryColumns)}, trajectory);
  std::cerr << "simulated " << ctrl.shape[0] << " steps of " << robot.model.timestep
            << " s, inverse weights "
            << (command.exact_invweight ? "recomputed" : "of the model file") << "; wrote "
            << command.out << " (" << rows << ", " << kTrajectoryColumns << ")\n";
  for (std::size_t row = 0; row < rows; ++row)
    if (!(std::abs(trajectory[row * kTrajectoryColumns + 2]) < 1e6)) {
      std::cerr << "kennel: warning: the state stopped being finite at step " << row << "\n";
      break;
    }
  return 0;
}

}  // namespace kennel
