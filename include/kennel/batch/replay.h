// A robot's start, parameters and joint targets in a file, so that what went wrong in a batch can
// be looked at alone: `kennel simulate --replay FILE`.
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "kennel/dynamics/state.h"
#include "kennel/model/env_params.h"

namespace kennel {

/// Arrays are row-major in MuJoCo's order and conventions.
struct Replay {
  int env = 0;            // in its batch
  int control_step = 0;   // of its episode
  double timestep = 0.0;  // s
  SolverOptions solver;
  std::array<double, kNq> qpos{};
  std::array<double, kNv> qvel{};
  std::array<double, kNv> qacc{};  // of the step before: the solver's warm start
  std::vector<double> ctrl;        // (n, 12): joint targets of each physics step, rad
  int points = kFewPoints;  // a leg, of the parameters that are written: kFewPoints or kMaxPoints
  AnyParams params;
};

/// A replay's file. Numbers are written so that they are read back bit for bit.
std::string replay_text(const Replay& replay);

/// \param name  of the text, for messages
/// \throws Error like `read_replay`
Replay parse_replay(const std::string& name, const std::string& bytes);

/// Writes the file in one step.
/// \throws Error when it cannot be written
void write_replay(const std::filesystem::path& path, const Replay& replay);

/// \throws Error naming the file and the key when something is missing, of another size, not finite
/// or of another format version
Replay read_replay(const std::filesystem::path& path);

}  // namespace kennel
