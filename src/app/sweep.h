// kennel sweep: many trainings that differ by keys of the recipe and by seeds.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "kennel/run/device.h"

namespace kennel {

/// Flags of the command. All values are checked; the sweep's file is not yet read.
struct SweepCommand {
  std::filesystem::path file;  // TOML, see sweep_file.h
  std::filesystem::path out;   // the sweep's folder
  std::optional<int> jobs;     // empty: the file's
  std::vector<Device> devices;
  bool dry_run = false;  // says what would be trained
};

/// Trains and judges every run that is not complete, each in processes of its own, and prints the
/// table. The folder:
///     OUT/
///       format  lock         as a run's (run_folder.h): its version; held by who sweeps
///       sweep.toml           the file as it was last
///       runs/NAME/           a run's folder each, and in it
///         judgement.json     what the judge says (sweep_judgement.h)
///       logs/NAME.log        what its processes printed
///       sweep.jsonl          a line a run
///       sweep.html           table and curves
/// \return the exit code: 1 where a run failed or the sweep was interrupted
/// \throws Error when file, recipe or folder are unusable, before anything is trained
int run_sweep(const SweepCommand& command);

}  // namespace kennel
