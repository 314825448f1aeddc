// The end of a training: its policy is exported and judged, and a report is written.
#pragma once

#include <cstdint>

#include "kennel/io/run_folder.h"
#include "kennel/run/run_config.h"
#include "kennel/run/train_loop.h"
#include "simulation.h"

namespace kennel {

/// Whether policy, judgement and report of a run's last step are there.
/// \param env_steps  of its learner
bool is_finished(const RunFolder& run, std::int64_t env_steps, const RunConfig& config);

/// Exports and judges the policy, and says what to do next.
/// \param threads  of the judge; 0: one for each core
void finish_run(const Simulation& simulation, const RunConfig& config, const RunFolder& run,
                int threads, StopReason reason);

}  // namespace kennel
