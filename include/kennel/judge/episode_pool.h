// Many episodes on all cores, and what they come to.
#pragma once

#include <vector>

#include "kennel/judge/episode.h"
#include "kennel/judge/judge.h"

namespace kennel::judge {

/// Which episodes to play.
struct EpisodePlans {
  int episodes;
  std::uint64_t seed;  // of the sensor noise
  std::function<EpisodePlan(int episode)> plan;

  /// Sees every control step, an episode's in order, those of several at once; may be empty.
  std::function<void(int episode, const StepRecord&)> observer = {};
};

/// The model that the options name, or that of the policy's shipped robot; MuJoCo's own messages
/// off.
/// \throws Error when options or model are unusable
JudgeModel load_judge_model(const EvalOptions& options, const RobotContract& robot);

/// Plays the plans with the options' threads, physics and progress.
/// \return entry e is episode e, whichever thread played it
std::vector<EpisodeStats> play_episodes(const JudgeModel& judge, const PolicyFile& policy,
                                        const EvalOptions& options, const EpisodePlans& plans);

/// What episodes of a robot come to.
EvalResult summarise(const std::vector<EpisodeStats>& episodes, const RobotContract& robot);

}  // namespace kennel::judge
