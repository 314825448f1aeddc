#include "kennel/policy/policy_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "kennel/io/atomic_file.h"
#include "kennel/policy/policy_forward.h"
#include "policy_file_fixture.h"
#include "test_policies.h"

namespace kennel::policy_file_test {
namespace {

TEST_F(PolicyFileTest, TheRobotsOwnFormatLoads) {
  const PolicyFile policy = load_policy(file(tiny_robot_file().dump()));
  ASSERT_EQ(policy.network.layers.size(), 2u);
  EXPECT_EQ(policy.network.layers[0].in, 36);
  EXPECT_EQ(policy.network.layers[0].out, 2);
  EXPECT_EQ(policy.network.layers[0].weights[2 * 6 + 1], -0.1f);  // in-major: row 6, output 1
  EXPECT_EQ(policy.network.layers[0].activation, "elu");
  EXPECT_EQ(policy.network.layers[1].activation, "tanh");
  EXPECT_EQ(policy.kp[7], 5.0f);
  EXPECT_EQ(policy.kd[7], 0.25f);
  for (const float scale : policy.action_scale) EXPECT_EQ(scale, 0.75f);
  EXPECT_EQ(policy.default_joint_pos[3], -0.26f);
  EXPECT_EQ(policy.joint_lower_limits[2], -2.79f);
  EXPECT_EQ(policy.joint_upper_limits[11], 2.79f);
  EXPECT_TRUE(policy.control_orientation);
}

TEST_F(PolicyFileTest, KeysThatTheRobotCanDoWithoutHaveItsDefaults) {
  Json json = tiny_robot_file();
  for (const char* key : {"use_imu", "control_orientation", "observation_history",
                          "maximum_pitch_command", "maximum_roll_command"}) {
    json.erase(key);
  }
  json["layers"][1].erase("activation");
  const PolicyFile policy = load_policy(file(json.dump()));
  EXPECT_TRUE(policy.use_imu);
  EXPECT_EQ(policy.observation_history, 1);
  EXPECT_EQ(policy.network.layers[1].activation, "");
}

TEST_F(PolicyFileTest, WhatIsWrittenReadsBackExactly) {
  PolicyFile policy = trembling_policy(/*history=*/3);
  policy.kp.fill(4.7f);
  policy.kd.fill(0.31f);
  policy.use_imu = false;
  policy.control_orientation = true;
  policy.maximum_pitch_command = 12.5f;
  policy.maximum_roll_command = 7.25f;
  for (int joint = 0; joint < kPolicyJoints; ++joint) {
    policy.action_scale[joint] = 0.3f + 0.01f * static_cast<float>(joint);
  }
  const std::string path = (folder_ / "policy.json").string();
  write_policy(path, policy);
  const PolicyFile read = load_policy(path);
  ASSERT_EQ(read.network.layers.size(), policy.network.layers.size());
  for (std::size_t layer = 0; layer < read.network.layers.size(); ++layer) {
    EXPECT_EQ(read.network.layers[layer].weights, policy.network.layers[layer].weights);
    EXPECT_EQ(read.network.layers[layer].bias, policy.network.layers[layer].bias);
    EXPECT_EQ(read.network.layers[layer].activation, policy.network.layers[layer].activation);
  }
  EXPECT_EQ(read.observation_history, policy.observation_history);
  EXPECT_EQ(read.kp, policy.kp);
  EXPECT_EQ(read.kd, policy.kd);
  EXPECT_EQ(read.action_scale, policy.action_scale);
  EXPECT_EQ(read.default_joint_pos, policy.default_joint_pos);
  EXPECT_EQ(read.joint_lower_limits, policy.joint_lower_limits);
  EXPECT_EQ(read.joint_upper_limits, policy.joint_upper_limits);
  EXPECT_EQ(read.use_imu, policy.use_imu);
  EXPECT_EQ(read.control_orientation, policy.control_orientation);
  EXPECT_EQ(read.maximum_pitch_command, policy.maximum_pitch_command);
  EXPECT_EQ(read.maximum_roll_command, policy.maximum_roll_command);
}

TEST_F(PolicyFileTest, AWrittenFileSaysWhatItsNumbersMean) {
  const std::string path = (folder_ / "policy.json").string();
  write_policy(path, trembling_policy());
  const Json json = Json::parse(std::ifstream(path));
  EXPECT_EQ(json.at("format_version"), kPolicyFormatVersion);
  EXPECT_FLOAT_EQ(json.at("control_dt"), 0.02f);
  EXPECT_EQ(json.at("joint_names").size(), 12u);
  EXPECT_EQ(json.at("observation")[1].at("name"), "projected_gravity");
  int numbers = 0;
  for (const Json& term : json.at("observation")) numbers += term.at("size").get<int>();
  EXPECT_EQ(numbers, 36);
  EXPECT_EQ(json.at("in_shape"), Json::array({nullptr, 72}));
  EXPECT_EQ(json.at("golden").at("obs").size(), 72u);
}

/// A robot that is none of ours.
RobotContract other_robot() {
  RobotContract robot = standing_policy(2);
  robot.robot = "/somewhere/mule.xml";
  for (int joint = 0; joint < kPolicyJoints; ++joint) {
    robot.joint_names[joint] = text("hinge_", joint);
    robot.kp[joint] = 20.0f + static_cast<float>(joint);
    robot.kd[joint] = 0.5f;
  }
  robot.frame.push_back({"clock", 2, 0.5f, "sine and cosine"});
  robot.command = walk_command({-0.3f, 1.5f}, {-0.2f, 0.2f}, {-1.25f, 1.0f});
  robot.start_height = 0.42;
  robot.fall_tilt = 1.1;
  robot.fall_height = 0.15;
  robot.training_solver = {3, 2};
  robot.physics_dt = 0.0025;
  robot.size = 2.5;
  return robot;
}

PolicyFile other_robots_policy() {
  PolicyFile policy{other_robot()};
  policy.network.layers = {constant_layer(2 * frame_size(policy), kPolicyJoints, "tanh")};
  return policy;
}

TEST_F(PolicyFileTest, CarriesTheContractOfAnyRobot) {
  const std::string path = (folder_ / "policy.json").string();
  write_policy(path, other_robots_policy());
  const PolicyFile read = load_policy(path);
  EXPECT_EQ(static_cast<const RobotContract&>(read), other_robot());
  EXPECT_EQ(read.golden_obs.size(), 2u * 38);
  EXPECT_EQ(Json::parse(std::ifstream(path)).at("kd"), 0.5) << "one number where all are the same";
}

TEST_F(PolicyFileTest, AWalksFileNamesItsRangesOnlyAndMeansWalk) {
  const std::string path = (folder_ / "policy.json").string();
  write_policy(path, other_robots_policy());
  const std::string bytes = read_file(path);
  EXPECT_NE(
      bytes.find(R"("command_ranges":{"vx":[-0.3,1.5],"vy":[-0.2,0.2],"yaw_rate":[-1.25,1.0]},)"
                 R"("start_height":0.42,)"),
      std::string::npos);
  for (const char* key : {"\"task\"", "\"commands\"", "stance_height"})
    EXPECT_EQ(bytes.find(key), std::string::npos) << key;
  EXPECT_EQ(load_policy(path).task, "walk");
  EXPECT_EQ(load_policy(file(tiny_robot_file().dump())).task, "walk");
  EXPECT_EQ(load_policy(file(tiny_robot_file().dump())).command, first_format_robot().command);
}

TEST_F(PolicyFileTest, AnotherTasksFileHasItsQuantitiesInTheirOrder) {
  const std::string path = (folder_ / "policy.json").string();
  const PolicyFile policy = standing_pose_policy();
  write_policy(path, policy);
  const Json json = Json::parse(std::ifstream(path));
  EXPECT_EQ(json.at("task"), "pose");
  EXPECT_EQ(json.at("commands")[1].at("name"), "roll");
  EXPECT_EQ(json.at("commands")[2].at("unit"), "m");
  EXPECT_FALSE(json.contains("command_ranges"));
  EXPECT_EQ(static_cast<const RobotContract&>(load_policy(path)),
            static_cast<const RobotContract&>(policy));
  // Sorted, their names are in another order.
  PolicyFile turned = policy;
  std::swap(turned.command[0], turned.command[1]);
  write_policy(path, turned);
  EXPECT_EQ(command_names(load_policy(path)), "roll, pitch, height");
}

TEST_F(PolicyFileTest, WhatIsNoListOfThreeQuantitiesIsNamedInOneLine) {
  const std::string path = (folder_ / "policy.json").string();
  write_policy(path, standing_pose_policy());
  const Json whole = Json::parse(std::ifstream(path));
  struct Wrong {
    void (*damage)(Json&);
    const char* message;
  };
  const Wrong wrong[] = {
      {[](Json& j) { j.erase("commands"); }, "\"commands\" is missing"},
      {[](Json& j) { j["commands"].erase(2); },
       "commands: expected an array of 3 quantities, got an array of 2"},
      {[](Json& j) {
         j["commands"] = {{"pitch", 1}};
       },
       "commands: expected an array of 3 quantities, got object"},
      {[](Json& j) { j["commands"][1] = "roll"; },
       "commands[1]: expected a quantity with name, unit and range, got string"},
      {[](Json& j) { j["commands"][1]["name"] = 3; }, "commands[1].name: expected a name"},
      {[](Json& j) { j["commands"][2].erase("unit"); }, "commands[2].\"unit\" is missing"},
      {[](Json& j) { j["commands"][0]["range"] = 0.2; },
       "commands[0].range: expected [low, high], got number"},
      {[](Json& j) {
         j["commands"][0]["range"] = {0.2, -0.2};
       },
       "commands: pitch: [0.2, -0.2]"},
      {[](Json& j) { j["commands"][1]["name"] = "pitch"; }, "commands: \"pitch\" is there twice"},
      {[](Json& j) { j["task"] = 7; }, "task: expected a name"},
      {[](Json& j) { j["stance_height"] = -0.1; }, "stance_height is -0.1"},
      {[](Json& j) { j["task"] = "walk"; }, "\"command_ranges\" is missing"},
  };
  for (const Wrong& one : wrong) {
    Json json = whole;
    one.damage(json);
    const std::string error = error_of([&] { load_policy(file(json.dump())); });
    EXPECT_NE(error.find(one.message), std::string::npos) << error;
    EXPECT_EQ(error.find('\n'), std::string::npos) << error;
  }
}

TEST_F(PolicyFileTest, AWalkIsToldWhatAllWalksAre) {
  PolicyFile policy = standing_pose_policy();
  policy.task = kWalkTask;
  const std::string error = error_of([&] { completed("policy", policy); });
  EXPECT_NE(error.find("\"pitch\" in rad; a policy of the task walk is told vx in m/s"),
            std::string::npos)
      << error;
}

TEST_F(PolicyFileTest, TheRobotsOwnControllerTellsAWalkOnly) {
  const std::string warning = deployment_warning(standing_pose_policy());
  EXPECT_NE(warning.find("told pitch, roll, height"), std::string::npos) << warning;
  EXPECT_NE(warning.find("would tell it vx, vy, yaw_rate"), std::string::npos) << warning;
}

TEST_F(PolicyFileTest, AFileThatSaysNothingOfPhysicsAndSizeIsOfTheFirstRobotsPhysicsAndSize) {
  const std::string path = (folder_ / "policy.json").string();
  PolicyFile policy = other_robots_policy();
  policy.physics_dt = RobotContract{}.physics_dt;
  policy.size = RobotContract{}.size;
  write_policy(path, policy);
  Json json = Json::parse(std::ifstream(path));
  EXPECT_EQ(json.at("physics_dt"), 0.004);
  EXPECT_EQ(json.at("size"), 1.0);
  json.erase("physics_dt");
  json.erase("size");
  const PolicyFile read = load_policy(file(json.dump()));
  EXPECT_EQ(static_cast<const RobotContract&>(read), static_cast<const RobotContract&>(policy));
}

TEST_F(PolicyFileTest, ControlStepsAreWholeNumbersOfThePhysicsStepsOfTraining) {
  PolicyFile policy = other_robots_policy();
  const auto problem = [&](double physics_dt, double size = 1.0) {
    policy.physics_dt = physics_dt;
    policy.size = size;
    return error_of([&] { completed("policy", policy); });
  };
  policy.control_dt = 0.02f;
  EXPECT_NE(problem(0.003).find("control_dt is 0.02 s; expected 1 to 50 whole physics steps of "
                                "0.003 s"),
            std::string::npos);
  for (const double wrong : {0.02, 0.0, -0.004, 1e-6, std::nan("")}) {
    const std::string error = problem(wrong);
    EXPECT_NE(error.find("physics_dt is "), std::string::npos) << error;
  }
  for (const double wrong : {0.0, -1.0, 1e3, std::nan("")}) {
    const std::string error = problem(0.004, wrong);
    EXPECT_NE(error.find("size is "), std::string::npos) << error;
  }
  policy.size = 1.0;
  for (const double physics_dt : {0.01, 0.005, 0.002, 0.001, 0.02 / 3}) {
    policy.physics_dt = physics_dt;
    EXPECT_NO_THROW(completed("policy", policy)) << physics_dt;
  }
  policy.physics_dt = 0.002;
  EXPECT_EQ(decimation_of(policy), 10);
  EXPECT_EQ(decimation_of(policy, 0.005), 4);
}

TEST_F(PolicyFileTest, AFileOfFormat1IsOfTheRobotThatAllOfThemWere) {
  const PolicyFile read = load_policy(file(tiny_robot_file().dump()));
  EXPECT_EQ(read.robot, "pupper_v3");
  EXPECT_EQ(read.joint_names, first_format_robot().joint_names);
  EXPECT_EQ(read.frame, first_format_robot().frame);
  EXPECT_EQ(read.start_height, 0.17);
}

TEST_F(PolicyFileTest, ALaterFileThatSaysLessOfItsRobotIsRefused) {
  const std::string path = (folder_ / "policy.json").string();
  write_policy(path, other_robots_policy());
  const Json whole = Json::parse(std::ifstream(path));
  for (const char* key :
       {"robot", "observation", "command_ranges", "start_height", "fall_tilt", "fall_height"}) {
    Json json = whole;
    json.erase(key);
    EXPECT_THAT([&] { load_policy(file(json.dump())); },
                testing::ThrowsMessage<Error>(testing::HasSubstr(text('"', key, "\" is missing"))));
  }
  const std::pair<const char*, Json> wrong[] = {
      {"command_ranges", {{"vx", {1, 0}}, {"vy", {0, 0}}, {"yaw_rate", {0, 0}}}},
      {"fall_height", 0.5},
      {"observation", Json::array({{{"name", "x"}, {"size", 0}, {"scale", 1}, {"unit", "m"}}})}};
  for (const auto& [key, value] : wrong) {
    Json json = whole;
    json[key] = value;
    EXPECT_THROW(load_policy(file(json.dump())), Error) << key;
  }
}

TEST_F(PolicyFileTest, EveryRateReadsBackAndTheRobotsOwnControllerHasOne) {
  const std::string path = (folder_ / "policy.json").string();
  for (int decimation = 1; decimation <= kMaxDecimation; ++decimation) {
    const PolicyFile policy = at_rate(trembling_policy(), decimation);
    write_policy(path, policy);
    const PolicyFile read = load_policy(path);
    EXPECT_EQ(read.control_dt, policy.control_dt);
    EXPECT_EQ(decimation_of(read), decimation);
    EXPECT_EQ(deployment_warning(read).empty(), decimation == 5);
  }
  const std::string warning = deployment_warning(at_rate(trembling_policy(), 4));
  EXPECT_NE(warning.find("every 0.016 s (62.5 Hz)"), std::string::npos) << warning;
  EXPECT_NE(warning.find("env.decimation = 5"), std::string::npos) << warning;
}

TEST_F(PolicyFileTest, TheGoldenPairGivesTheNetworkAway) {
  const std::string path = (folder_ / "policy.json").string();
  write_policy(path, trembling_policy());
  Json json = Json::parse(std::ifstream(path));
  json["layers"][0]["weights"][0][0][0] = 5.0;
  const std::string error = error_of([&] { load_policy(file(json.dump())); });
  EXPECT_NE(error.find("golden.action["), std::string::npos) << error;
  EXPECT_NE(error.find("damaged"), std::string::npos) << error;
}

TEST_F(PolicyFileTest, ABadPolicyIsNotWritten) {
  const std::string path = (folder_ / "policy.json").string();
  write_policy(path, standing_policy());
  const std::string before = read_file(path);
  PolicyFile bad = standing_policy();
  bad.network.layers[0].weights[40] = std::numeric_limits<float>::quiet_NaN();
  const std::string error = error_of([&] { write_policy(path, bad); });
  EXPECT_NE(error.find("layers[0].weights[0][3][4] is nan"), std::string::npos) << error;
  EXPECT_EQ(read_file(path), before);
}

// Finite weights whose products are not: one runtime would answer NaN, another a number.
TEST_F(PolicyFileTest, ANetworkThatOverflowsIsNeitherWrittenNorRead) {
  PolicyFile policy = standing_policy();
  DenseLayer large = constant_layer(kPolicyFrame, 2, "relu");
  DenseLayer middle = constant_layer(2, 2, "relu"), last = constant_layer(2, kPolicyJoints, "tanh");
  large.weights[0] = large.weights[2] = 3e37f;
  middle.weights = {1.0f, -1.0f, -1.0f, 1.0f};
  policy.network.layers = {large, middle, last};
  const std::string path = (folder_ / "overflow.json").string();
  const std::string error = error_of([&] { write_policy(path, policy); });
  EXPECT_NE(error.find("layers[0]: its output 0 can reach 6e+39"), std::string::npos) << error;
  EXPECT_FALSE(std::filesystem::exists(path));

  // Large, but not too large for any observation: read, written, and with a finite golden pair.
  policy.network.layers[0].weights[0] = policy.network.layers[0].weights[2] = 1e34f;
  write_policy(path, policy);
  for (const float x : load_policy(path).golden_action) EXPECT_TRUE(std::isfinite(x));

  Json json = tiny_robot_file();
  json["layers"][0]["weights"][0][3][1] = 3e38;
  const std::string read = error_of([&] { load_policy(file(json.dump())); });
  EXPECT_NE(read.find("layers[0]: its output 1 can reach 3e+40"), std::string::npos) << read;

  // What tanh hands on is at most 1, however large its input may be.
  policy.network.layers[0].activation = "tanh";
  policy.network.layers[1].weights.assign(4, 1e37f);
  EXPECT_NO_THROW(write_policy(path, policy));
  policy.network.layers[0].activation = "relu";
  const std::string second = error_of([&] { write_policy(path, policy); });
  EXPECT_NE(second.find("layers[1]"), std::string::npos) << second;
}

TEST_F(PolicyFileTest, TheSolverOfItsTrainingIsReadBackAndMayBeAbsent) {
  PolicyFile policy = standing_policy();
  const std::string path = (folder_ / "policy.json").string();
  write_policy(path, policy);
  EXPECT_FALSE(load_policy(path).training_solver.has_value());
  policy.training_solver = {7, 3};
  write_policy(path, policy);
  EXPECT_EQ(load_policy(path).training_solver, (TrainingSolver{7, 3}));
  EXPECT_NE(policy_contract(policy).find("\"solver_iterations\":7"), std::string::npos);
  Json json = Json::parse(std::ifstream(path));
  json["training_simulator"]["ls_iterations"] = 0;
  const std::string error = error_of([&] { load_policy(file(json.dump())); });
  EXPECT_NE(error.find("training_simulator.ls_iterations: 0; expected 1 to 100"), std::string::npos)
      << error;
}

TEST_F(PolicyFileTest, AFullDiskLeavesTheOldFileAndNothingElse) {
  const std::string path = (folder_ / "policy.json").string();
  write_policy(path, standing_policy());
  const std::string before = read_file(path);
  {
    const FullDisk full(512);
    const std::string error = error_of([&] { write_policy(path, trembling_policy()); });
    EXPECT_NE(error.find("policy.json"), std::string::npos) << error;
  }
  EXPECT_EQ(read_file(path), before);
  EXPECT_EQ(folder_.names(), std::vector<std::string>{"policy.json"});
}

}  // namespace
}  // namespace kennel::policy_file_test
