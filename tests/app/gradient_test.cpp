// kennel gradient, what it prints and writes.
#include <gmock/gmock.h>

#include <algorithm>

#include "../io/temp_folder.h"
#include "subprocess.h"

namespace kennel {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class GradientProgram : public ::testing::Test {
 protected:
  Outcome gradient(std::vector<std::string> more) const {
    more.insert(more.begin(), {"gradient", "heaviside", "--samples", "20", "--sigma", "0.1,0.2"});
    return run_kennel(folder_.path(), more);
  }

  TempFolder folder_;
};

TEST_F(GradientProgram, WritesItsTableAndPlotsBesideWhatItPrints) {
  const Outcome outcome = gradient({"--out", "g.html", "--markdown", "g.md"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(gradient({}).out, outcome.out);  // files change nothing
  EXPECT_THAT(
      read_file(folder_ / "g.md"),
      AllOf(StartsWith("# Gradients of heaviside\n"),
            HasSubstr("| command | `kennel gradient heaviside --sigma 0.1,0.2 --samples 20 --truth "
                      "20000 --seed 0` |\n"),
            HasSubstr(", commit "), HasSubstr("| setting | estimate | horizon | sigma | truth |"),
            HasSubstr("\n| x = 0.2 | alpha | 1 | 0.2 | ")));
  // A step's gradient is seen by the zeroth order alone: the noise's density, 1.995 at sigma 0.2.
  EXPECT_THAT(read_file(folder_ / "g.md"),
              HasSubstr("\n| x = 0 | first | 1 | 0.2 | 1.995 | 0 | 0 |"));
  EXPECT_THAT(read_file(folder_ / "g.html"),
              AllOf(HasSubstr("Gradients of heaviside"), HasSubstr("\"name\":\"sigma\""),
                    HasSubstr("[\"command\",\"kennel gradient heaviside --sigma")));
  ASSERT_EQ(gradient({"--out", "g.svg"}).exit_code, 0);
  EXPECT_THAT(read_file(folder_ / "g.svg"), StartsWith("<svg "));
}

TEST_F(GradientProgram, WhatCannotBeWrittenIsOneLineBeforeAnythingIsComputed) {
  const auto refused = [&](const std::vector<std::string>& more, const std::string& message) {
    const Outcome outcome = gradient(more);
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(outcome.err, AllOf(StartsWith("kennel: "), HasSubstr(message)));
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
  };
  refused({"--out", "g.png"}, "--out g.png: expected a page, .html, or a picture, .svg, came .png");
  refused({"--out", "g"}, "came no ending");
  refused({"--out", "none/g.svg"}, "there is no folder none");
  refused({"--markdown", "none/g.md"}, "there is no folder none");
  const std::string small = " is about a robot's gait, and heaviside is a small system";
  refused({"--horizon", "4"}, "--horizon" + small);
  refused({"--step-ms", "1"}, "--step-ms" + small);
  refused({"--command", "-0.4", "0", "0"}, "--command" + small);
}

}  // namespace
}  // namespace kennel
