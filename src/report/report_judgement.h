// What the judge says of a policy, as parts of the report's data.
#pragma once

#include <vector>

#include "episode_record.h"
#include "kennel/report/report.h"
#include "kennel/run/run_config.h"

namespace kennel::report {

/// Nominal and randomised, in MuJoCo and in the policy's own simulator.
std::vector<Judged> judged(const PolicyFile& policy, const judge::EvalOptions& base);

/// What the policy is told, and its two errors: how the other parts call them.
Json told(const RobotContract& robot);

/// A row for each result.
Json judgement(const Subject& subject, const std::vector<Judged>& all);

/// What is told against what is measured.
Json tracking(const PolicyFile& policy, const judge::EvalOptions& options);

/// Slow commands and the worst of them.
Json slow(const PolicyFile& policy, const judge::EvalOptions& options);

/// Errors and falls by what is varied.
/// \param trained  the ranges that it was trained in; null: not known
Json sweeps(const PolicyFile& policy, const judge::EvalOptions& options,
            const quadruped::RandomizationConfig* trained);

/// Errors and falls by the command.
Json grid(const PolicyFile& policy, const judge::EvalOptions& options);

}  // namespace kennel::report
