#include "study_run.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <vector>

#include "kennel/core/check.h"
#include "kennel/io/atomic_file.h"
#include "kennel/io/run_folder.h"

namespace kennel {

namespace fs = std::filesystem;

bool is_trained(const StudyRun& run) {
  const std::int64_t newest = newest_step(run);
  const fs::path finished = run.folder / "finished";
  std::error_code ignored;
  if (newest == 0 || !fs::exists(finished, ignored)) return false;
  const std::string said = read_file(finished);
  if (said.find(text(" ", newest, " steps")) == std::string::npos) return false;
  return newest >= run.steps ||
         (run.minutes > 0.0 && said.find("--minutes over") != std::string::npos);
}

std::int64_t newest_step(const StudyRun& run) {
  if (!RunFolder::is_run(run.folder)) return 0;
  const std::vector<std::int64_t> steps = RunFolder::open(run.folder).checkpoint_steps();
  return steps.empty() ? 0 : steps.back();
}

std::int64_t logged_steps(const StudyRun& run) {
  std::ifstream file(run.folder / "metrics.csv", std::ios::binary | std::ios::ate);
  constexpr std::streamoff kTail = 8192;  // longer than a row
  if (!file) return 0;
  file.seekg(std::max<std::streamoff>(0, static_cast<std::streamoff>(file.tellg()) - kTail));
  std::int64_t steps = 0;
  std::string line;
  for (std::getline(file, line); std::getline(file, line);) {
    long long step = 0;
    if (std::sscanf(line.c_str(), "%lld,", &step) == 1) steps = step;
  }
  return steps;
}

}  // namespace kennel
