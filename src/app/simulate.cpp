// kennel simulate: files in, trajectory out.
#include "simulate.h"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <optional>
#include <span>
#include <utility>

#include "kennel/batch/open_loop.h"
#include "kennel/batch/replay.h"
#include "kennel/core/check.h"
#include "kennel/core/resource.h"
#include "kennel/io/npy.h"
#include "kennel/sim/make_env.h"

namespace kennel {
namespace {

/// What a run starts from and is driven by, whichever file it came from.
struct Recording {
  std::vector<double> init, ctrl;
  std::array<double, kNv> qacc{};
  std::optional<AnyParams> params;
  int points = 0;  // a leg, of the parameters
  std::optional<double> timestep;
  SolverOptions solver = kConverged;
};

std::vector<double> read_numbers(const std::string& file, const std::vector<std::size_t>& shape) {
  NpyArray array = read_npy(file, shape);
  check_numbers(file, array, kLargestState);
  return std::move(array.values);
}

/// \param where  what messages call the quaternion's place
void check_quaternion(const std::string& where, std::span<const double> qpos) {
  KENNEL_CHECK(std::hypot(std::hypot(qpos[3], qpos[4]), std::hypot(qpos[5], qpos[6])) >= 1e-15,
               where,
               " are no rotation: a quaternion of length 0; expected w, x, y, z, upright 1, 0, "
               "0, 0");
}

Recording from_arrays(const SimulateCommand& command) {
  Recording recording;
  recording.ctrl = read_numbers(command.ctrl, {kAnyLength, kNumJoints});
  recording.init = read_numbers(command.init, {static_cast<std::size_t>(kNq + kNv)});
  check_quaternion(command.init + ": numbers 3 to 6 (counted from 0)", recording.init);
  return recording;
}

Recording from_replay(const std::string& file) {
  Replay replay = read_replay(file);
  check_quaternion(file + ": \"qpos\"[3] to [6]", replay.qpos);
  std::cerr << "environment " << replay.env << " in step " << replay.control_step
            << " of its episode\n";
  Recording recording{.init = {replay.qpos.begin(), replay.qpos.end()},
                      .ctrl = std::move(replay.ctrl),
                      .qacc = replay.qacc,
                      .params = replay.params,
                      .points = replay.points,
                      .timestep = replay.timestep,
                      .solver = replay.solver};
  recording.init.insert(recording.init.end(), replay.qvel.begin(), replay.qvel.end());
  return recording;
}

/// What the shipped robot leaves out is in the README: only what --set adds to it is said.
void print_warnings(const LoadedQuadruped& robot, bool shipped) {
  std::vector<std::string> known;
  if (shipped) known = load_quadruped(robot_model()).warnings;
  for (const std::string& warning : robot.warnings)
    if (std::find(known.begin(), known.end(), warning) == known.end())
      std::cerr << "kennel: warning: " << warning << '\n';
}

std::vector<double> run(const SimulateCommand& command, const Quadruped<double>& model,
                        const OpenLoop& input) {
  if (command.precision == Precision::kDouble) return simulate_double(model, input);
  return command.device.cuda ? simulate_cuda(to_float(model), input, command.device.index)
                             : simulate_float(to_float(model), input);
}

}  // namespace

int run_simulate(const SimulateCommand& command) {
  KENNEL_CHECK(!command.device.cuda || command.precision == Precision::kFloat,
               "--device cuda computes in float; add --precision float, or use --device cpu");
  const Recording recording =
      command.replay.empty() ? from_arrays(command) : from_replay(command.replay);
  const LoadedQuadruped robot =
      load_quadruped(command.model.empty() ? robot_model() : std::filesystem::path(command.model),
                     command.set, command.exact_invweight);
  print_warnings(robot, command.model.empty());
  KENNEL_CHECK(
      !recording.timestep || std::abs(*recording.timestep / robot.model.timestep - 1) < 1e-6,
      command.replay, " was recorded with steps of ", *recording.timestep,
      " s, the robot's model has ", robot.model.timestep, " s; name its model with --model");
  const int points = has_many_points(robot.model) ? kMaxPoints : kFewPoints;
  KENNEL_CHECK(!recording.params || recording.points == points, command.replay,
               " is of a robot with room for ", recording.points,
               " contact spheres a leg, the robot's model takes room for ", points,
               "; name its model with --model");

  OpenLoop input{.init = recording.init,
                 .ctrl = recording.ctrl,
                 .params = recording.params.value_or(
                     nominal_params<double, ManyPoints<AllLegs>>(robot.model, {})),
                 .qacc = recording.qacc,
                 .solver = command.solver.value_or(recording.solver)};
  const std::vector<double> trajectory = run(command, robot.model, input);
  const std::size_t steps = recording.ctrl.size() / kNumJoints, rows = steps + 1;
  write_npy(command.out, {rows, static_cast<std::size_t>(kTrajectoryColumns)}, trajectory);
  std::cerr << "simulated " << steps << " steps of " << robot.model.timestep
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
