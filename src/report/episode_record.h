// One episode written down for plots and for a replay in three dimensions.
#pragma once

#include <nlohmann/json.hpp>

#include "kennel/judge/judge.h"

namespace kennel::report {

using Json = nlohmann::ordered_json;

struct EpisodeRecord {
  Json episode;  // commands, velocities, contacts, joints: an entry a control step
  Json replay;   // the robot's geoms and where its bodies were
};

/// Plays twelve seconds of the nominal robot with noisy sensors: forward, in a curve, sideways.
/// \throws Error when the options' model is unusable
EpisodeRecord record_episode(const PolicyFile& policy, const judge::EvalOptions& options);

}  // namespace kennel::report
