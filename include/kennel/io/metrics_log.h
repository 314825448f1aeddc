// A run's numbers over time: metrics.csv for people and scripts, an event file for TensorBoard.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kennel/io/append_file.h"
#include "kennel/io/event_file.h"

namespace kennel {

/// Each row is on disk when `write` returns. The first row fixes the columns of metrics.csv: a name
/// that a later row lacks leaves its cell empty, a name that is new then goes to TensorBoard only.
/// NaN means that there is no number: an empty cell.
class MetricsLog {
 public:
  /// \param resumed_step  the step of the checkpoint that training goes on from: later rows are
  /// dropped, as is a row that a
  ///                      crash cut in half. Without it the folder must hold no metrics.csv yet.
  /// \throws Error when the folder cannot be written, or holds a metrics.csv that is not one
  MetricsLog(const std::filesystem::path& run_folder, std::optional<std::int64_t> resumed_step);

  /// One row.
  /// \throws Error when the disk is full; no half row stays behind
  void write(std::int64_t step, std::span<const Scalar> scalars);

 private:
  void read_back(std::int64_t resumed_step);

  std::filesystem::path path_;
  std::vector<std::string> columns_;  // without the leading "step"; empty before the first row
  std::unique_ptr<AppendFile> csv_;
  EventFile events_;
};

}  // namespace kennel
