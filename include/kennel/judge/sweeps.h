// Where a policy breaks: one thing about the robot or the floor at a time, far beyond what the
// protocol draws, and every command by itself.
#pragma once

#include <string>
#include <vector>

#include "kennel/judge/judge.h"

namespace kennel::judge {

/// One value of a swept quantity.
struct SweepCell {
  double value;
  EvalResult result;
};

struct Sweep {
  std::string name;
  std::string unit;  // empty for a factor
  std::vector<SweepCell> cells;
};

/// Plays `options.episodes` nominal episodes for each value of each quantity: friction, action and
/// IMU latency, mass, strength, push. The same episodes in every cell, so that cells differ by the
/// quantity alone; options.condition does not count.
/// \throws Error like `evaluate`
std::vector<Sweep> run_sweeps(const PolicyFile& policy, const EvalOptions& options);

/// Every pair of a forward and a turning speed, commanded from the start to the end of an episode.
struct CommandGrid {
  std::vector<double> vx;                       // m/s
  std::vector<double> yaw_rate;                 // rad/s
  std::vector<std::vector<EvalResult>> result;  // a row for each yaw rate
};

/// Plays `options.episodes` nominal episodes a pair, at different headings.
CommandGrid run_grid(const PolicyFile& policy, const EvalOptions& options);

/// How fast the robot goes against how fast it was told to, along one axis of the command, the
/// others zero.
struct TrackingCurve {
  std::string axis;  // vx, vy or yaw_rate
  std::string unit;
  std::vector<double> command, measured, spread;  // the mean and the standard deviation over time
};

/// One nominal episode for each command; the first second is left out.
std::vector<TrackingCurve> run_tracking(const PolicyFile& policy, const EvalOptions& options);

}  // namespace kennel::judge
