// Short episodes of a robot under a gait, each begun by a robot that trots, as functions of the
// gait's numbers with their derivatives.
//
// An episode is keyed. Its command is drawn as a recipe's environments draw theirs. From standing
// the robot trots half a second to one and a half with the very gait that is asked about, how long
// drawn as well, so that episodes begin all over the clock. Then come the control steps that count.
// The derivatives are theirs alone: where they begin counts as given, so the gradient does not know
// that another gait would have begun elsewhere. Carried through the trot before, derivatives would
// be noise (`kennel gradient` shows from which horizon on).
//
// What a control step pays is gait_return.h's: following the command, less bobbing and tilt. That
// is what the task tells and what is smooth in the motion. It is not the task's whole reward: of
// its further terms some have corners or jumps (feet that touch down, limits, clipping at zero),
// where derivatives mislead, and prices of effort and of hasty actions are left out with them. A
// robot that falls is paid until then, and its gradient is that of this pay; one that falls before
// the steps that count has neither.
//
// The robot is the model's own, on its floor and as the recipe runs it: physics step, decimation,
// solver, the targets' bounds and what a fall is. Nothing is random, late or noisy but the command
// and the time of the start.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "envs/quadruped/config.h"
#include "envs/quadruped/gait.h"
#include "kennel/gradient/gait_start.h"

namespace kennel::gradient {

struct GaitWalk;

struct GaitEpisodeSetup {
  Quadruped<double> model;
  gait::Body body;
  double stance_height = 0;  // m of the base where it stands in the body's pose
  quadruped::EnvConfig env;  // of a task that tells vx, vy and yaw rate
};

/// Which episode: same seed and index, same command and same time of the start.
struct GaitEpisode {
  std::uint64_t seed = 0, index = 0;
};

/// What an episode's control steps came to.
struct GaitOutcome {
  double pay = 0;
  bool fallen = false;  // within them or before
};

/// A gait's numbers of its parameters, in the units of gait::kTerms: start + step * parameter,
/// within the bounds.
/// \param x  (12) numbers less their start, in their steps
std::array<double, gait::kNumNumbers> gait_numbers(std::span<const double> x);

/// It may be asked from several threads at once. Parameters are those of `gait_numbers`; beyond a
/// bound a number does not change with its parameter, and has no derivative.
class GaitEpisodes {
 public:
  /// Why there are none of a robot, in words; empty where there are.
  static std::string why_not(const Quadruped<double>& robot);

  /// \throws Error for a robot that `why_not` has words for
  explicit GaitEpisodes(const GaitEpisodeSetup& setup);

  /// Where an episode's control steps that count begin.
  GaitStart start(std::span<const double> x, const GaitEpisode& episode) const;

  /// What they pay.
  double value(std::span<const double> x, const GaitStart& start, int horizon) const;

  /// Sets the derivatives of what they pay, (12), and returns the pay.
  GaitOutcome gradient(std::span<const double> x, const GaitStart& start, int horizon,
                       std::span<double> out) const;

 private:
  std::shared_ptr<const GaitWalk> walk_;
  quadruped::CommandConfig command_;
};

}  // namespace kennel::gradient
