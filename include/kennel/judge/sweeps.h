// Where a policy breaks: one thing about the robot or the floor at a time, far beyond what the
// protocol draws, and every command by itself.
#pragma once

#include <string>
#include <vector>

#include "kennel/judge/protocol.h"

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

/// A slow command, and how far off the robot is.
struct SlowCell {
  Command command;  // told from the start to the end of an episode
  EvalResult result;
};

/// Whether a robot goes as slowly as it is told to: nine constant commands, at which standing still
/// is tempting, as slow for the robot's size and within what it may be told. The figures are the
/// worst of the nine.
struct SlowStudy {
  std::vector<SlowCell> cells;
  double worst_pair_rmse, worst_third_rmse;  // m/s, rad/s; NaN where one of the nine is
  int episodes, falls;                       // of all
};

/// Why a robot has no slow commands, in a sentence: it is told something else than a walk is. Empty
/// for one that walks.
std::string slow_refusal(const RobotContract& robot);

/// Plays `options.episodes` nominal episodes with sensor noise a command, at different headings. As
/// in every episode, the first second and those after 4 and 8 s are left out.
/// \throws Error with `slow_refusal`, or like `evaluate`
SlowStudy run_slow(const PolicyFile& policy, const EvalOptions& options);

/// Every pair of the first and the third quantity over what the robot may be told, of a walk a
/// forward and a turning speed, commanded from the start to the end of an episode; the second is 0.
struct CommandGrid {
  std::vector<double> first, third;
  std::vector<std::vector<EvalResult>> result;  // a row for each of the third
};

/// Plays `options.episodes` nominal episodes with sensor noise a pair, at different headings.
CommandGrid run_grid(const PolicyFile& policy, const EvalOptions& options);

/// What the robot does against what it was told to, of one quantity, the others zero.
struct TrackingCurve {
  std::string axis;  // the quantity's name
  std::string unit;
  std::vector<double> command, measured, spread;  // the mean and the standard deviation over time
};

/// One nominal episode with sensor noise for each command; the first second is left out.
std::vector<TrackingCurve> run_tracking(const PolicyFile& policy, const EvalOptions& options);

}  // namespace kennel::judge
