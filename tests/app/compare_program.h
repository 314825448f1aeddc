// A folder in which kennel compare runs, with a recipe of a small task that trains in no time.
#pragma once

#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "../io/temp_folder.h"
#include "subprocess.h"

namespace kennel {

class CompareProgram : public ::testing::Test {
 protected:
  CompareProgram() {
    write_raw(folder_ / "tiny.toml",
              "[task]\nname = \"lqr\"\n[train]\nnum_envs = 64\nsteps = 4096\n"
              "checkpoint_every = 2\n[es]\npopulation = 16\n[cem]\npopulation = 16\n");
  }

  static std::vector<std::string> line(const std::string& out,
                                       const std::vector<std::string>& more = {}) {
    std::vector<std::string> line = {"compare",  "tiny.toml:es", "tiny.toml:cem",    "--out", out,
                                     "--device", "cpu",          "--judge-episodes", "50"};
    if (std::find(more.begin(), more.end(), "--seeds") == more.end())
      line.insert(line.end(), {"--seeds", "2"});
    line.insert(line.end(), more.begin(), more.end());
    return line;
  }
  Outcome compare(const std::string& out, const std::vector<std::string>& more = {}) const {
    return run_kennel(folder_.path(), line(out, more));
  }

  /// The lines of compare.jsonl, without what a clock said.
  std::vector<nlohmann::json> runs_of(const std::string& out) const {
    std::vector<nlohmann::json> runs;
    std::istringstream lines(read_file(folder_ / out / "compare.jsonl"));
    for (std::string one; std::getline(lines, one);) {
      nlohmann::json run = nlohmann::json::parse(one);
      run.erase("seconds");
      if (run.contains("judgement")) run["judgement"]["figures"].erase("seconds");
      for (nlohmann::json& reached : run["reached"]) reached.erase("seconds");
      runs.push_back(std::move(run));
    }
    return runs;
  }

  void expect_refused(const std::vector<std::string>& arguments, const std::string& message) const {
    const std::vector<std::string> before = folder_.names();
    const Outcome outcome = run_kennel(folder_.path(), arguments);
    EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
    EXPECT_THAT(outcome.err,
                ::testing::AllOf(::testing::StartsWith("kennel: "), ::testing::HasSubstr(message)));
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
    EXPECT_EQ(folder_.names(), before);
  }

  TempFolder folder_;
};

}  // namespace kennel
