// Policy files that are damaged or none: each is refused in one line.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "kennel/policy/first_format.h"
#include "kennel/policy/policy_file.h"
#include "policy_file_fixture.h"
#include "tests/io/temp_folder.h"

namespace kennel::broken_policy_file_test {
namespace {

struct Broken {
  const char* what;
  void (*damage)(Json&);
  const char* message;  // a part of the one line
};

const Broken kBroken[] = {
    {"NoLayers", [](Json& j) { j.erase("layers"); }, "\"layers\" is missing"},
    {"EmptyLayers", [](Json& j) { j["layers"] = Json::array(); }, "layers is empty"},
    {"LayersNotAnArray", [](Json& j) { j["layers"] = 3; }, "layers: expected an array"},
    {"LayerNotAnObject", [](Json& j) { j["layers"][1] = "tanh"; },
     "layers[1]: expected a layer object, got string"},
    {"AnotherLayerType", [](Json& j) { j["layers"][0]["type"] = "gru"; },
     "layers[0].type: \"gru\" is not supported"},
    {"UnknownActivation", [](Json& j) { j["layers"][0]["activation"] = "swish"; },
     "layers[0].activation is \"swish\"; the robot knows tanh"},
    {"ActivationNotAName", [](Json& j) { j["layers"][0]["activation"] = 1; },
     "layers[0].activation: expected a name"},
    {"InShapeOfAnotherHistory", [](Json& j) { j["in_shape"][1] = 72; },
     "in_shape: 72 inputs; expected 36 = observation_history 1 x 36"},
    {"HistoryOfAnotherInShape", [](Json& j) { j["observation_history"] = 2; },
     "in_shape: 36 inputs; expected 72"},
    {"HistoryZero", [](Json& j) { j["observation_history"] = 0, j["in_shape"][1] = 0; },
     "observation_history is 0; expected at least 1 frame"},
    {"HistoryBeyondAnyInteger", [](Json& j) { j["observation_history"] = 18446744073709551615u; },
     "observation_history: 18446744073709551615 is too large"},
    {"HistoryNotWhole", [](Json& j) { j["observation_history"] = 1.5; },
     "observation_history: expected a whole number"},
    {"InShapeNotAPair", [](Json& j) { j["in_shape"] = 36; }, "in_shape: expected [null, size]"},
    {"MissingRow", [](Json& j) { j["layers"][0]["weights"][0].erase(35); },
     "layers[0].weights[0] has 35 rows; expected 36"},
    {"ShortRow", [](Json& j) { j["layers"][0]["weights"][0][4].erase(1); },
     "layers[0].weights[0][4] has 1 numbers; expected 2"},
    {"ShortBias", [](Json& j) { j["layers"][1]["weights"][1].erase(0); },
     "layers[1].weights[1] has 11 numbers; expected 12"},
    {"NoBias", [](Json& j) { j["layers"][1]["weights"].erase(1); },
     "layers[1].weights: expected [W, b], got an array of 1"},
    {"LayersThatDoNotChain", [](Json& j) { j["layers"][1]["weights"][0].erase(1); },
     "layers[1].weights[0] has 1 rows; expected 2"},
    {"NotTwelveActions",
     [](Json& j) { j["layers"].erase(1), j["layers"][0]["activation"] = "tanh"; },
     "layers[0] puts out 2 numbers; expected 12"},
    {"NullWeight", [](Json& j) { j["layers"][0]["weights"][0][7][1] = nullptr; },
     "layers[0].weights[0][7][1]: expected a number, got null"},
    {"TextWeight", [](Json& j) { j["layers"][0]["weights"][0][7][1] = "NaN"; },
     "layers[0].weights[0][7][1]: expected a number, got string"},
    {"WeightBeyondFloat", [](Json& j) { j["layers"][0]["weights"][0][7][1] = 1e60; },
     "layers[0].weights[0][7][1] is inf; expected a finite number"},
    {"TwoGains",
     [](Json& j) {
       j["kp"] = {5.0, 5.0};
     },
     "kp: expected a number or an array of 12 numbers, one for each joint, got an array of 2"},
    {"NoKp", [](Json& j) { j.erase("kp"); }, "\"kp\" is missing"},
    {"NegativeKp", [](Json& j) { j["kp"] = -5; }, "kp is -5; expected a gain above 0"},
    {"NegativeKd", [](Json& j) { j["kd"] = -1; }, "kd is -1; expected a gain of at least 0"},
    {"ElevenJoints", [](Json& j) { j["default_joint_pos"].erase(0); },
     "default_joint_pos: expected an array of 12 numbers, one for each joint, got an array of 11"},
    {"ElevenScales", [](Json& j) { j["action_scale"] = std::vector<int>(11); },
     "action_scale: expected a number or an array of 12 numbers"},
    {"LimitsSwapped", [](Json& j) { std::swap(j["joint_lower_limits"], j["joint_upper_limits"]); },
     "joint_lower_limits[0] = 2.51 is not below joint_upper_limits[0] = -1.22 (leg_front_r_1)"},
    {"PoseOutsideLimits", [](Json& j) { j["default_joint_pos"][2] = 1.0; },
     "default_joint_pos[2] = 1 is outside the joint's limits"},
    {"UseImuNotABool", [](Json& j) { j["use_imu"] = "yes"; }, "use_imu: expected true or false"},
    {"NewerFormat", [](Json& j) { j["format_version"] = 99; }, "format_version is 99"},
    {"HalfAPhysicsStep", [](Json& j) { j["control_dt"] = 0.01; },
     "control_dt is 0.01 s; expected 1 to 50 whole physics steps of 0.004 s"},
    {"NoRate", [](Json& j) { j["control_dt"] = 0; }, "control_dt is 0 s"},
    {"TimeGoesBack", [](Json& j) { j["control_dt"] = -0.02; }, "control_dt is -0.02 s"},
    {"TooSlow", [](Json& j) { j["control_dt"] = 0.204; }, "control_dt is 0.204 s"},
    {"FarTooSlow", [](Json& j) { j["control_dt"] = 1e30; }, "control_dt is 1e+30 s"},
    {"OneJoint", [](Json& j) { j["joint_names"] = {"knee"}; },
     "joint_names: expected an array of 12"},
    {"AnotherJointOrder",
     [](Json& j) {
       j["joint_names"] = first_format_robot().joint_names;
       std::swap(j["joint_names"][0], j["joint_names"][3]);
     },
     "another joint order"},
    {"AJointTwice",
     [](Json& j) {
       j["joint_names"] = first_format_robot().joint_names;
       j["joint_names"][0] = j["joint_names"][3];
     },
     "\"leg_front_l_1\" is there twice"},
    {"GoldenOfAnotherSize",
     [](Json& j) {
       j["golden"] = {{"obs", {1.0}}, {"action", std::vector<int>(12)}};
     },
     "golden.obs has 1 numbers; expected 36"},
};

using BrokenPolicyFile = PolicyFileTest;

class BrokenPolicy : public testing::TestWithParam<Broken> {};

TEST_P(BrokenPolicy, IsRefusedInOneLineThatNamesFileAndPlace) {
  const TempFolder folder;
  const std::string path = (folder / "broken.json").string();
  Json json = tiny_robot_file();
  GetParam().damage(json);
  write_raw(path, json.dump());
  const std::string error = error_of([&] { load_policy(path); });
  EXPECT_EQ(error.rfind(path + ": ", 0), 0u) << error;
  EXPECT_NE(error.find(GetParam().message), std::string::npos) << error;
  EXPECT_EQ(error.find('\n'), std::string::npos) << error;
}

INSTANTIATE_TEST_SUITE_P(Files, BrokenPolicy, testing::ValuesIn(kBroken),
                         [](const auto& info) { return std::string(info.param.what); });

TEST_F(BrokenPolicyFile, AFileCutInHalfIsRefusedWhereverItIsCut) {
  const std::string whole = tiny_robot_file().dump();
  for (std::size_t length = 0; length < whole.size(); length += 97) {
    const std::string path = file(whole.substr(0, length));
    const std::string error = error_of([&] { load_policy(path); });
    EXPECT_NE(error.find("cut off"), std::string::npos) << length << ": " << error;
  }
}

TEST_F(BrokenPolicyFile, ADamagedByteIsReadOrRefusedButNeverCrashes) {
  const std::string whole = tiny_robot_file().dump();
  int refused = 0;
  for (std::size_t at = 0; at < whole.size(); at += 13) {
    std::string damaged = whole;
    damaged[at] = "9-]}\",:x\xff\0"[at % 10];
    try {
      load_policy(file(damaged));
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 20);
}

TEST_F(BrokenPolicyFile, WhatIsNotAPolicyIsRefused) {
  const auto refused = [&](const std::string& bytes, const std::string& message) {
    const std::string path = file(bytes);
    const std::string error = error_of([&] { load_policy(path); });
    EXPECT_NE(error.find(message), std::string::npos) << error;
    EXPECT_EQ(error.find('\n'), std::string::npos) << error;
  };
  refused("<mujoco/>\n", "not JSON at byte 1");
  refused("{\"kp\": NaN}", "not JSON at byte");
  refused("{\"kp\": 1e999}", "1e999");
  refused("[1, 2]", "expected one JSON object, got array");
  refused(std::string("\x80PK\x03\x04\xff\xfe\0\0", 9), "not JSON");
  refused("{}", "\"in_shape\" is missing");
}

TEST_F(BrokenPolicyFile, AMissingFileOrAFolderIsNamed) {
  const std::string missing = (folder_ / "nowhere.json").string();
  EXPECT_NE(error_of([&] { load_policy(missing); }).find("nowhere.json"), std::string::npos);
  const std::string folder = folder_.path().string();
  EXPECT_NE(error_of([&] { load_policy(folder); }).find(folder), std::string::npos);
}

TEST_F(BrokenPolicyFile, AHugeFileIsRefusedWithoutReadingIt) {
  const std::string path = file("{");
  std::filesystem::resize_file(path, std::uintmax_t{1} << 40);  // sparse
  const std::string error = error_of([&] { load_policy(path); });
  EXPECT_NE(error.find("at most 64 MiB"), std::string::npos) << error;
}

}  // namespace
}  // namespace kennel::broken_policy_file_test
