#include "kennel/judge/eval_command.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "test_policies.h"
#include "tests/io/temp_folder.h"

namespace kennel::eval_command_test {
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
                            "standing_drift", "standing_steps", "torque_rms", "action_rate_rms"}) {
      EXPECT_TRUE(json.contains(key)) << key << " in " << line;
    }
    EXPECT_EQ(json.at("episodes"), 2);
    EXPECT_TRUE(json.at("condition") == "nominal" || json.at("condition") == "randomised");
    EXPECT_EQ(json.at("seed"), 1000);
    EXPECT_EQ(json.at("seed_use"), "published");
    if (json.at("policy") == command_.policies[1]) falls += json.at("falls").get<int>();
  }
  EXPECT_EQ(falls, 4);
}

TEST_F(EvalCommandTest, PrintsATableWithTheConditionsOfEachPolicyOnLinesOfTheirOwn) {
  const auto lines = output();
  ASSERT_EQ(lines.size(), 3u + 4u);
  EXPECT_EQ(lines[0], "seed 1000, for published figures: choose nothing by it");
  EXPECT_NE(lines[1].find("falls"), std::string::npos);
  EXPECT_NE(lines[3].find("standing.json"), std::string::npos);
  EXPECT_NE(lines[4].find("toppling.json"), std::string::npos);
  EXPECT_NE(lines[6].find("randomised"), std::string::npos);
}

TEST_F(EvalCommandTest, TellsOneCommandAllTheTimeWhereItIsAskedTo) {
  command_.told = {0.4, 0.0, 0.0};
  command_.policies.pop_back();  // the other topples
  command_.conditions = {judge::Condition::kNominal};
  const std::vector<std::string> table = output();
  ASSERT_EQ(table.size(), 5u);
  EXPECT_EQ(table[1], "told all the time: vx 0.4 m/s, vy 0 m/s, yaw_rate 0 rad/s");
  command_.json = true;
  command_.episodes = 12;  // the last of them would stand
  const auto json = nlohmann::json::parse(output()[0]);
  EXPECT_EQ(json.at("command").at("vx"), 0.4);
  EXPECT_NEAR(json.at("velocity_rmse").get<double>(), 0.4, 0.02);
  EXPECT_TRUE(json.at("standing_drift").is_null());
}

TEST_F(EvalCommandTest, ToldZerosItIsJudgedAsStanding) {
  command_.told = {0.0, 0.0, 0.0};
  command_.policies.pop_back();
  command_.conditions = {judge::Condition::kNominal};
  command_.json = true;
  const auto json = nlohmann::json::parse(output()[0]);
  ASSERT_TRUE(json.at("standing_drift").is_number());
  EXPECT_LT(json.at("standing_drift").get<double>(), 0.02);
  EXPECT_EQ(json.at("standing_steps"), 0.0);
}

TEST_F(EvalCommandTest, WarnsOfWhatAPolicyWasNeverTold) {
  command_.episodes = 1;
  command_.policies.pop_back();
  command_.conditions = {judge::Condition::kNominal};
  const auto warnings = [&](double vx, double vy, double yaw_rate) {
    command_.told = {vx, vy, yaw_rate};
    testing::internal::CaptureStderr();
    output();
    return testing::internal::GetCapturedStderr();
  };
  const CommandTerm vx = standing_policy().command[0];
  EXPECT_EQ(warnings(vx.range.high, 0, 0).find("warning"), std::string::npos);
  const std::string beyond = warnings(0.1 + vx.range.high, 0, 0);
  EXPECT_NE(beyond.find(text("standing.json is told vx from ", vx.range.low, " to ", vx.range.high,
                             " m/s by its own file, and ", 0.1 + vx.range.high, " now\n")),
            std::string::npos)
      << beyond;
}

TEST_F(EvalCommandTest, RefusesACommandBesideAStudyThatHasItsOwn) {
  command_.told = {0.4, 0.0, 0.0};
  command_.study = Study::kSlow;
  EXPECT_THROW(run_eval(command_), Error);
}

TEST_F(EvalCommandTest, SaysWhenASeedIsForTuning) {
  command_.seed = 999;
  command_.episodes = 1;
  command_.policies.pop_back();
  EXPECT_EQ(output()[0], "seed 999, for tuning: published figures use 1000 and above");
  command_.json = true;
  EXPECT_EQ(nlohmann::json::parse(output()[0]).at("seed_use"), "tuning");
}

TEST_F(EvalCommandTest, OneEpisodeIsAMovingOne) {
  command_.episodes = 1;
  command_.json = true;
  command_.policies.pop_back();
  for (const std::string& line : output())
    EXPECT_GT(nlohmann::json::parse(line).at("velocity_rmse"), 0.05) << line;
}

TEST_F(EvalCommandTest, PrintsTheSlowCommandsAndTheWorstOfThem) {
  command_.study = Study::kSlow;
  command_.episodes = 1;
  command_.policies.pop_back();
  const auto lines = output();
  ASSERT_EQ(lines.size(), 1u + 1u + 2u + 9u + 1u);
  EXPECT_NE(lines[0].find("1 episodes a command; seed 1000"), std::string::npos) << lines[0];
  EXPECT_NE(lines.back().find("worst"), std::string::npos);
  command_.json = true;
  const auto objects = output();
  ASSERT_EQ(objects.size(), 10u);
  double worst = 0;
  for (const std::string& line : objects) {
    const auto json = nlohmann::json::parse(line);
    EXPECT_EQ(json.at("study"), "slow");
    EXPECT_EQ(json.at("seed_use"), "published");
    if (&line != &objects.back()) worst = std::max(worst, json.at("velocity_rmse").get<double>());
  }
  const auto figure = nlohmann::json::parse(objects.back());
  EXPECT_EQ(figure.at("command"), "worst");
  EXPECT_EQ(figure.at("velocity_rmse"), worst);
  EXPECT_EQ(figure.at("episodes"), 9);
}

TEST_F(EvalCommandTest, PrintsEachFallOfEachConditionAndAllOfThem) {
  command_.study = Study::kFalls;
  command_.episodes = 2;
  command_.json = true;
  int falls = 0, all = 0;
  for (const std::string& line : output()) {
    const auto json = nlohmann::json::parse(line);
    EXPECT_EQ(json.at("study"), "falls");
    const bool topples = json.at("policy") == command_.policies[1];
    if (json.contains("falls")) {
      ++all;
      EXPECT_EQ(json.at("falls"), topples ? 2 : 0) << line;
    } else {
      ++falls;
      EXPECT_TRUE(topples);
      EXPECT_GT(json.at("time").get<double>(), 0.0);
    }
  }
  EXPECT_EQ(all, 4) << "two policies, two conditions";
  EXPECT_EQ(falls, 4);
  command_.json = false;
  EXPECT_EQ(output()[0].find(command_.policies[0]), 0u);
}

TEST_F(EvalCommandTest, PlaysTheShiftedConditionWhereItIsAskedFor) {
  command_.conditions = {judge::Condition::kShifted};
  command_.episodes = 1;
  command_.json = true;
  const auto lines = output();
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(nlohmann::json::parse(lines[0]).at("condition"), "shifted");
}

TEST(Studies, AreListedInTheOrderOfTheirNumbers) {
  for (const StudyInfo& study : kStudies)
    EXPECT_EQ(&study, &kStudies[static_cast<int>(study.study)]) << study.name;
}

TEST_F(EvalCommandTest, ChecksEveryPolicyBeforeItPlaysTheFirst) {
  write_raw(command_.policies[1], "{}");
  testing::internal::CaptureStdout();
  const std::string error = error_of([&] { run_eval(command_); });
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(error.rfind(command_.policies[1], 0), 0u) << error;
}

}  // namespace
}  // namespace kennel::eval_command_test
