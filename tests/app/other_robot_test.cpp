// A policy of a robot that does not ship: every command plays it in its model, or asks for that.
#include <gmock/gmock.h>

#include "../io/temp_folder.h"
#include "../judge/big_robot.h"
#include "kennel/core/resource.h"
#include "subprocess.h"

namespace kennel {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

/// What each command needs beside a policy to end soon.
const std::vector<std::vector<std::string>> kCommands = {
    {"eval", "--episodes", "1", "--condition", "nominal"},
    {"play", "--seconds", "0.1", "--video", "big.mp4"},
    {"report", "--episodes", "0", "--no-sweeps", "-o", "big.html"},
};

class OtherRobot : public ::testing::Test {
 protected:
  OtherRobot() {
    write_policy((folder_ / "policy.json").string(), big_standing_policy());
    write_raw(folder_ / "big.xml", BigRobot{}.mjcf());
  }

  Outcome run(std::vector<std::string> arguments, const std::vector<std::string>& more = {}) {
    arguments.insert(arguments.begin() + 1, "policy.json");
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_kennel(folder_.path(), arguments);
  }

  TempFolder folder_;
};

TEST_F(OtherRobot, ItsModelIsAskedForInOneLine) {
  for (const auto& command : kCommands) {
    const Outcome outcome = run(command);
    EXPECT_EQ(outcome.exit_code, 1) << command[0];
    EXPECT_THAT(outcome.err, AllOf(HasSubstr("of big, which does not ship"), HasSubstr("--model")))
        << command[0];
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
  }
}

TEST_F(OtherRobot, AWrongModelIsRefusedInOneLineThatNamesBothRobots) {
  for (const auto& command : kCommands) {
    const Outcome outcome = run(command, {"--model", robot_model().string()});
    EXPECT_EQ(outcome.exit_code, 1) << command[0];
    EXPECT_THAT(outcome.err, AllOf(HasSubstr(robot_model().string()), HasSubstr("policy's, big"),
                                   HasSubstr("leg_front_r_1"), HasSubstr("--model")))
        << command[0];
    EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
  }
}

TEST_F(OtherRobot, IsPlayedInItsModelNamedOrOfItsRun) {
  for (const auto& command : {kCommands[0], kCommands[2]}) {
    const Outcome outcome = run(command, {"--model", "big.xml"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  }
  std::filesystem::rename(folder_ / "big.xml", folder_ / "robot.xml");
  write_raw(folder_ / "format", "kennel-run 1\n");
  std::filesystem::create_directory(folder_ / "checkpoints");
  const Outcome outcome = run(kCommands[0]);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
}

TEST_F(OtherRobot, ItsPolicyIsExportedWithoutAModel) {
  const Outcome outcome = run_kennel(folder_.path(), {"export", "policy.json", "-o", "again.json"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(load_policy((folder_ / "again.json").string()).size, 4.0);
}

}  // namespace
}  // namespace kennel
