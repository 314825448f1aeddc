// kennel eval --command through the whole program: numbers below zero are no flags.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "../io/temp_folder.h"
#include "../judge/test_policies.h"
#include "subprocess.h"

namespace kennel {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

class EvalProgram : public ::testing::Test {
 protected:
  EvalProgram() { write_policy((folder_ / "policy.json").string(), standing_policy()); }

  Outcome told(const std::vector<std::string>& command) const {
    std::vector<std::string> arguments = {"eval", "policy.json", "--command"};
    arguments.insert(arguments.end(), command.begin(), command.end());
    for (const char* more : {"--condition", "nominal", "--episodes", "1", "--json"})
      arguments.push_back(more);
    return run_kennel(folder_.path(), arguments);
  }

  TempFolder folder_;
};

TEST_F(EvalProgram, IsToldNumbersBelowZero) {
  const Outcome outcome = told({"-0.4", "0", "-0.1"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, Not(HasSubstr("warning")));
  const Json line = Json::parse(outcome.out);
  EXPECT_EQ(line.at("command").at("vx"), -0.4);
  EXPECT_EQ(line.at("command").at("yaw_rate"), -0.1);
  EXPECT_NEAR(line.at("velocity_rmse").get<double>(), 0.4, 0.02);
  EXPECT_TRUE(line.at("standing_drift").is_null());
}

TEST_F(EvalProgram, IsToldToStand) {
  const Outcome outcome = told({"0", "0", "0"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_TRUE(Json::parse(outcome.out).at("standing_drift").is_number());
}

TEST_F(EvalProgram, WarnsOfWhatThePolicyWasNeverToldAndRefusesTooFewNumbers) {
  const Outcome fast = told({"-9", "0", "0"});
  EXPECT_EQ(fast.exit_code, 0) << fast.err;
  EXPECT_THAT(fast.err, HasSubstr("kennel: warning: policy.json is told vx from "));
  EXPECT_EQ(told({"-0.4", "0"}).exit_code, 2);
}

}  // namespace
}  // namespace kennel
