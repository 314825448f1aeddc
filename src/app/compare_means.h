// What the runs of a comparison have to train with, which its folder keeps: seconds are of equal
// means alone.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "compare_plan.h"
#include "study_scheduler.h"

namespace kennel {

/// compare.json: the numbers of a comparison that its runs' recipes do not have.
struct CompareMeans {
  std::optional<double> minutes;  // of each run; empty: its steps
  int threads = 0;                // of each
  std::string device;             // "cpu", "cuda:0", "2 GPUs"
};

CompareMeans means_of(const ComparePlan& plan, const StudySchedule& schedule);

/// Those of the folder's runs; empty where there are none yet.
/// \throws Error where the file is not what `write_means` writes
std::optional<CompareMeans> read_means(const std::filesystem::path& out);

void write_means(const CompareMeans& means, const std::filesystem::path& out);

/// Gives what is new as many threads as the folder's runs had, and so many side by side as have
/// room, where the machine has the threads and nobody asks for a number of jobs.
/// \param jobs  asked for; 0: none
void keep_threads(const CompareMeans& before, int jobs, int runs, StudySchedule& schedule);

/// \param now  what the rest of the runs would have
/// \return a warning; empty where what is trained already and what is not have the same, or nothing
/// is left to train
/// \throws Error where the minutes differ, or minutes are of other threads or another device
std::string check_means(const CompareMeans& before, const CompareMeans& now,
                        const ComparePlan& plan, const std::filesystem::path& out);

}  // namespace kennel
