// Where a policy falls: each fall of the protocol's episodes with what came before it, and what the
// robots that fell have in common.
#pragma once

#include <string>
#include <vector>

#include "kennel/judge/protocol.h"

namespace kennel::judge {

/// A fall, and what came before it.
struct Fall {
  int episode;           // of the protocol, counted from 0
  double time;           // s from the episode's start
  double since_command;  // s since it was last told anew, or from the start
  double since_push;     // s; NaN where nothing has pushed yet
  double roll,
      pitch;        // rad of the base against the floor's normal, when its last action was chosen
  Command command;  // told last
  bool diverged;    // state or action were not finite
  std::vector<double> drawn;  // of its episode, in the order of FallStudy::drawn
};

/// A number that an episode draws, over all episodes and over those that fell.
struct DrawnQuantity {
  std::string name, unit;  // the unit is empty for a factor
  double mean, deviation;  // of all episodes
  double mean_of_falls;    // NaN without a fall
};

struct FallStudy {
  Condition condition;
  int episodes;
  std::vector<Fall> falls;           // by episode
  std::vector<DrawnQuantity> drawn;  // all of them the same in the nominal condition
};

/// Plays the protocol's episodes of options.condition.
/// \throws Error like `evaluate`
FallStudy run_falls(const PolicyFile& policy, const EvalOptions& options);

}  // namespace kennel::judge
