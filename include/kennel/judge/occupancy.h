// What a policy visits: how often its robot is at which height, tilt and speed, and on how many
// feet. A policy that lies down to be safe, or hops, shows here before any error tells.
#pragma once

#include <string>
#include <vector>

#include "kennel/judge/judge.h"

namespace kennel::judge {

/// Shares of the control steps of all episodes, in bins of one width from `low` to `high`; what is
/// beyond an end counts in the bin there.
struct Visited {
  std::string name, unit;
  double low, high;
  std::vector<double> share;  // their sum is 1, or 0 where no step was counted
};

/// Plays the protocol's episodes of options.condition up to their falls. A step counts by the state
/// it begins with, and the feet on the floor before that; the first step of an episode does not.
/// Heights are the base's over the floor, the tilt is between its z and the floor's normal, the
/// speed is horizontal; ranges of heights and speeds are larger for larger robots.
/// \throws Error like `evaluate`
std::vector<Visited> run_occupancy(const PolicyFile& policy, const EvalOptions& options);

}  // namespace kennel::judge
