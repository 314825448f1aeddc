// Trains and judges the runs of a study, several side by side.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "kennel/run/device.h"
#include "study_run.h"

namespace kennel {

/// How runs are completed: each in processes of its own, one that trains it and one that judges it.
struct StudySchedule {
  int jobs = 1;                 // side by side
  int threads = 1;              // of each
  std::vector<Device> devices;  // that train; a run takes that which trains fewest

  /// What follows `kennel` on the command line that starts a run, or goes on with it where its
  /// folder is a run already; device and threads are added.
  std::function<std::vector<std::string>(const StudyRun&)> train_line;

  /// The same of the process that judges a run; threads are added.
  std::function<std::vector<std::string>(const StudyRun&)> judge_line;

  /// The judgement of a run that is trained; null where there is none of its newest policy.
  std::function<nlohmann::ordered_json(const StudyRun&)> judgement;

  /// Called whenever a run is complete or has failed.
  std::function<void()> on_run;
};

/// Decides how many runs go side by side, and the threads of each, for the schedule's devices.
/// \param jobs  asked for; 0: one for each core, or one on each GPU
void share_cores(StudySchedule& schedule, int jobs, int runs);

/// Reads the judgement of what is complete already.
void find_complete(std::vector<StudyRun>& runs, const StudySchedule& schedule);

/// Completes every run that is not: trains it, or goes on with it, and judges it. A run that fails
/// says why in its `error`, and the others go on.
/// \return false where somebody asked to stop (interrupt.h); then everything that trained has a
/// checkpoint
bool run_schedule(const StudySchedule& schedule, std::vector<StudyRun>& runs);

}  // namespace kennel
