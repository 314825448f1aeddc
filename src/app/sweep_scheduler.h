// Trains and judges the runs of a sweep, several side by side.
#pragma once

#include <functional>

#include "kennel/run/device.h"
#include "sweep_runs.h"

namespace kennel {

struct SweepSchedule {
  int jobs = 1;     // side by side
  int threads = 1;  // of each
  Device device;
  SweepJudge judge;

  /// Called whenever a run is complete or has failed.
  std::function<void()> on_run;
};

/// Reads the judgement of what is complete already, a run's newest steps and this judge.
void find_complete(std::vector<SweepRun>& runs, const SweepJudge& judge);

/// Completes every run that is not: trains it, or goes on with it, and judges it. A run that fails
/// says why in its `error`, and the others go on.
/// \return false where somebody asked to stop (interrupt.h); then everything that trained has a
/// checkpoint
bool run_schedule(const SweepSchedule& schedule, const SweepFile& file,
                  std::vector<SweepRun>& runs);

}  // namespace kennel
