#include "eval_command.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "test_policies.h"
#include "tests/io/temp_folder.h"

namespace kennel {
namespace {

class EvalCommandTest : public testing::Test {
 protected:
  EvalCommandTest() {
    command_.episodes = 2;
    for (const char* name : {"standing.json", "toppling.json"}) {
      command_.policies.push_back((folder_ / name).string());
    }
    write_policy(command_.policies[0], standing_policy());
    write_policy(command_.policies[1], toppling_policy());
  }

  std::vector<std::string> output() const {
    testing::internal::CaptureStdout();
    EXPECT_EQ(run_eval(command_), 0);
    std::istringstream lines(testing::internal::GetCapturedStdout());
    std::vector<std::string> result;
    for (std::string line; std::getline(lines, line);) result.push_back(line);
    return result;
  }

  TempFolder folder_;
  EvalCommand command_;
};

TEST_F(EvalCommandTest, PrintsAnObjectAPolicyAndConditionWithTheKeysThatScriptsRead) {
  command_.json = true;
  const auto lines = output();
  ASSERT_EQ(lines.size(), 4u);
  int falls = 0;
  for (const std::string& line : lines) {
    const auto json = nlohmann::json::parse(line);
    for (const char* key : {"policy", "condition", "episodes", "falls", "velocity_rmse", "yaw_rmse",
                            "standing_drift", "torque_rms", "action_rate_rms"}) {
      EXPECT_TRUE(json.contains(key)) << key << " in " << line;
    }
    EXPECT_EQ(json.at("episodes"), 2);
    EXPECT_TRUE(json.at("condition") == "nominal" || json.at("condition") == "randomised");
    if (json.at("policy") == command_.policies[1]) falls += json.at("falls").get<int>();
  }
  EXPECT_EQ(falls, 4);
}

TEST_F(EvalCommandTest, PrintsATableWithTheConditionsOfEachPolicyOnLinesOfTheirOwn) {
  const auto lines = output();
  ASSERT_EQ(lines.size(), 2u + 4u);
  EXPECT_NE(lines[0].find("falls"), std::string::npos);
  EXPECT_NE(lines[2].find("standing.json"), std::string::npos);
  EXPECT_NE(lines[3].find("toppling.json"), std::string::npos);
  EXPECT_NE(lines[5].find("randomised"), std::string::npos);
}

TEST_F(EvalCommandTest, ChecksEveryPolicyBeforeItPlaysTheFirst) {
  write_raw(command_.policies[1], "{}");
  testing::internal::CaptureStdout();
  const std::string error = error_of([&] { run_eval(command_); });
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(error.rfind(command_.policies[1], 0), 0u) << error;
}

}  // namespace
}  // namespace kennel
