// The page of a sweep: a table of its settings, and the learning curves of its runs.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace kennel::report {

/// The runs of a setting, whose curves share a picture.
struct SweepCurves {
  std::string label;
  std::vector<std::pair<int, std::filesystem::path>> runs{};  // seed, run folder
};

struct SweepPage {
  std::string title;
  std::vector<std::pair<std::string, std::string>> summary{};  // name, value

  /// {"columns": [[heading, unit, is a number], ...], "rows": [[text, ...], ...], "sorted_by"}
  nlohmann::ordered_json table{};
  std::vector<SweepCurves> settings{};  // in the order of the rows
};

/// Writes the page in one step.
/// \throws Error when the file cannot be written
void write_sweep_page(const SweepPage& page, const std::filesystem::path& file);

}  // namespace kennel::report
