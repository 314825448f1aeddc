// A gait as a policy: its clock, its file, and what is refused.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "kennel/io/atomic_file.h"
#include "kennel/policy/policy_file.h"
#include "kennel/policy/policy_forward.h"
#include "test_gait.h"
#include "tests/io/temp_folder.h"

namespace kennel::gait_policy_test {
namespace {

using Json = nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// An observation that tells a gait to walk; all else is what it must not read.
std::vector<float> told(const GaitPolicy& policy, float vx, float yaw) {
  std::vector<float> obs(policy.contract.obs_size, 7.0f);
  float* command = obs.data() + policy.contract.command_at;
  command[0] = vx * policy.contract.command_scale;
  command[1] = 0.0f;
  command[2] = yaw * policy.contract.command_scale;
  return obs;
}

/// The servo targets that an action means, of leg `leg`.
double target(const GaitContract& contract, std::span<const float> action, int leg, int j) {
  const int joint = kJointsPerLeg * leg + j;
  return contract.body.pose[leg][j] + contract.action_scale[joint] * action[joint];
}

TEST(GaitForward, IsTheGaitsTargetsByAClockThatGoesOnWithEachAction) {
  PolicyFile file = gait_policy(2);
  file.network.gait->contract.command_scale = 2.0f;
  file.network.gait->number[gait::kSwingHeight] = 0.015f;  // within the bounds of actions
  const GaitPolicy& policy = *file.network.gait;
  judge::PolicyForward forward(file.network);
  ASSERT_EQ(forward.obs_size(), 2 * kPolicyFrame);
  ASSERT_EQ(forward.action_size(), kPolicyJoints);
  const std::vector<float> obs = told(policy, 0.2f, 0.5f);
  double number[gait::kNumNumbers];
  std::copy(policy.number.begin(), policy.number.end(), number);
  const double command[] = {0.2, 0.0, 0.5};
  for (int step = 0; step < 120; ++step) {
    const auto action = forward(obs);
    const double cycle = step * 0.02 * policy.number[gait::kFrequency];
    double wanted[kNumLegs][kJointsPerLeg];
    gait::targets<double>(policy.contract.body, number, command, cycle, wanted);
    for (int leg = 0; leg < kNumLegs; ++leg)
      for (int j = 0; j < kJointsPerLeg; ++j)
        ASSERT_NEAR(target(policy.contract, action, leg, j), wanted[leg][j], 1e-3)
            << "step " << step << ", leg " << leg << ", joint " << j;
  }
}

TEST(GaitForward, BeginsAnewAfterAReset) {
  const PolicyFile file = gait_policy();
  const std::vector<float> obs = told(*file.network.gait, 0.4f, 0.0f);
  judge::PolicyForward forward(file.network);
  const auto copied = [&] {
    const auto action = forward(obs);
    return std::vector<float>(action.begin(), action.end());
  };
  const std::vector<float> first = copied(), second = copied();
  EXPECT_NE(first, second);
  forward.reset();
  EXPECT_EQ(copied(), first);
  EXPECT_EQ(copied(), second);
  const std::vector<float> alone = kennel::forward(file.network, obs);
  for (int joint = 0; joint < kPolicyJoints; ++joint) EXPECT_NEAR(alone[joint], first[joint], 1e-5);
}

TEST(GaitForward, AnswersWithinTheBoundsOfActions) {
  PolicyFile file = gait_policy();
  file.network.gait->contract.action_scale.fill(0.05f);
  judge::PolicyForward forward(file.network);
  float largest = 0.0f;
  for (int step = 0; step < 30; ++step)
    for (const float a : forward(told(*file.network.gait, 0.5f, 0.0f)))
      largest = std::max(largest, std::abs(a));
  EXPECT_EQ(largest, 1.0f);
}

class GaitFile : public testing::Test {
 protected:
  std::string path_of(const Json& json) const {
    write_raw(folder_ / "gait.json", json.dump());
    return (folder_ / "gait.json").string();
  }
  Json written(const PolicyFile& policy) const {
    write_policy((folder_ / "gait.json").string(), policy);
    return Json::parse(read_file(folder_ / "gait.json"));
  }

  TempFolder folder_;
};

TEST_F(GaitFile, ReadsBackExactly) {
  PolicyFile policy = gait_policy(2);
  for (int i = 0; i < gait::kNumNumbers; ++i)
    policy.network.gait->number[i] = static_cast<float>(
        gait::kTerms[i].low + 0.37 * (gait::kTerms[i].high - gait::kTerms[i].low));
  const Json json = written(policy);
  const PolicyFile read = load_policy((folder_ / "gait.json").string());
  ASSERT_TRUE(read.network.gait);
  EXPECT_EQ(*read.network.gait, *policy.network.gait);
  EXPECT_TRUE(read.network.layers.empty());
  EXPECT_EQ(static_cast<const RobotContract&>(read), static_cast<const RobotContract&>(policy));
  EXPECT_EQ(read.golden_action.size(), std::size_t{kPolicyJoints});
  EXPECT_EQ(written(read), json);
}

TEST_F(GaitFile, SaysWhatItsNumbersAre) {
  const Json json = written(gait_policy());
  EXPECT_FALSE(json.contains("layers"));
  const Json& numbers = json.at("gait").at("numbers");
  EXPECT_EQ(numbers.size(), std::size_t{gait::kNumNumbers});
  EXPECT_EQ(numbers.at("frequency").at("unit"), "Hz");
  EXPECT_FLOAT_EQ(numbers.at("swing_height").at("value"), 0.03f);
  EXPECT_EQ(json.at("gait").at("legs").size(), 4u);
  EXPECT_FLOAT_EQ(json.at("gait").at("legs")[1].at("foot")[2], -0.16f);
}

TEST_F(GaitFile, IsNotForTheRobotsOwnController) {
  EXPECT_THAT(deployment_warning(gait_policy()), HasSubstr("runs networks and cannot run it"));
}

TEST_F(GaitFile, ChecksumCoversNumbersAndLegsWithoutAGoldenPair) {
  Json whole = written(gait_policy());
  whole.erase("golden");
  Json number = whole, foot = whole;
  number["gait"]["numbers"]["gain_y"]["value"] = 1.5;
  Json& x = foot["gait"]["legs"][2]["foot"][0];
  x = x.get<double>() + 0.001;
  for (const Json& json : {number, foot})
    EXPECT_THAT(error_of([&] { load_policy(path_of(json)); }), HasSubstr("weights_checksum"));
}

struct Broken {
  void (*damage)(Json&);
  const char* message;
};

const Broken kBroken[] = {
    {[](Json& j) { j["gait"] = 3; }, "gait: expected an object with numbers and legs, got number"},
    {[](Json& j) { j["gait"].erase("numbers"); }, "gait.\"numbers\" is missing"},
    {[](Json& j) { j["gait"]["numbers"].erase("lean"); }, "gait.numbers.\"lean\" is missing"},
    {[](Json& j) { j["gait"]["numbers"]["lena"] = 1; },
     "gait.numbers: \"lena\" is no number of a gait"},
    {[](Json& j) { j["gait"]["numbers"]["duty"]["value"] = "half"; },
     "gait.numbers.duty.value: expected a number, got string"},
    {[](Json& j) { j["gait"]["numbers"]["duty"]["value"] = 1e60; }, "does not fit a float"},
    {[](Json& j) { j["gait"]["numbers"]["duty"]["value"] = 0.95; },
     "gait.numbers.duty is 0.95; expected 0.3 to 0.9"},
    {[](Json& j) { j["gait"]["numbers"]["frequency"]["unit"] = "rpm"; },
     "gait.numbers.frequency.unit is \"rpm\"; expected \"Hz\""},
    {[](Json& j) { j["gait"]["legs"].erase(3); },
     "gait.legs: expected an array of 4, one for each leg, got an array of 3"},
    {[](Json& j) { j["gait"]["legs"][2]["hinges"].erase(0); },
     "gait.legs[2].hinges: expected an array of 3, one for each joint of the leg"},
    {[](Json& j) {
       j["gait"]["legs"][0]["foot"] = {1, 2};
     },
     "gait.legs[0].foot: expected an array of 3 numbers"},
    {[](Json& j) {
       j["gait"]["legs"][1]["hinges"][2]["axis"] = {0, 2, 0};
     },
     "gait.legs[1].hinges[2].axis is 2 long; expected a unit vector"},
    {[](Json& j) { j["layers"] = Json::array(); }, "has \"layers\" and \"gait\""},
    {[](Json& j) { j["action_scale"] = 0.0; }, "action_scale[0] is 0; a gait divides by it"},
    {[](Json& j) {
       j["observation"][2] = {{"name", "order"}, {"size", 3}, {"scale", 1}, {"unit", "m/s"}};
     },
     "a gait reads the 3 numbers of the term \"command\""},
    {[](Json& j) { j["golden"]["action"][4] = 0.9; }, "the file was damaged or edited"},
};

TEST_F(GaitFile, ThatIsDamagedIsRefusedInOneLineThatNamesThePlace) {
  const Json whole = written(gait_policy());
  for (const Broken& broken : kBroken) {
    Json json = whole;
    broken.damage(json);
    EXPECT_THAT(error_of([&] { load_policy(path_of(json)); }),
                AllOf(HasSubstr("gait.json: "), HasSubstr(broken.message), Not(HasSubstr("\n"))));
  }
}

TEST_F(GaitFile, IsOfARobotThatIsToldToWalk) {
  PolicyFile policy = standing_pose_policy();
  EXPECT_THAT(
      error_of([&] { gait_contract(policy, gait_policy().network.gait->contract.body.leg); }),
      HasSubstr("the task pose tells it pitch, roll, height: choose the task walk"));
  policy.network = gait_policy().network;
  EXPECT_THAT(error_of([&] { completed("policy", policy); }), HasSubstr("policy: a gait walks"));
}

TEST_F(GaitFile, IsRefusedWhereItWasMadeForAnotherPose) {
  PolicyFile policy = gait_policy();
  policy.default_joint_pos[4] += 0.1f;
  EXPECT_THAT(error_of([&] { completed("policy", policy); }),
              HasSubstr("the gait was made for another pose"));
}

}  // namespace
}  // namespace kennel::gait_policy_test
