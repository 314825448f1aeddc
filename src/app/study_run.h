// A training that is one of many: of a sweep, or of a comparison.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

namespace kennel {

struct StudyRun {
  std::size_t setting = 0;  // which of those that the study tries
  int seed = 0;
  std::string name{};  // of its folder
  std::filesystem::path folder{}, log{};
  std::int64_t steps = 0;              // that it is to have at the most
  double minutes = 0.0;                // of training, after which it ends; 0: of its steps alone
  nlohmann::ordered_json judgement{};  // null until it is complete
  std::string error{};                 // why it failed; empty: it did not
};

/// Whether a run has its last step, or its minutes are over, and has its policy and report.
bool is_trained(const StudyRun& run);

/// The step of a run's newest checkpoint; 0 where there is none.
std::int64_t newest_step(const StudyRun& run);

/// How many steps a run has logged.
std::int64_t logged_steps(const StudyRun& run);

}  // namespace kennel
