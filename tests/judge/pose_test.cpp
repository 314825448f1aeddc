// A robot that is told something else than to walk: what the judge makes of its contract alone.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "kennel/core/check.h"
#include "kennel/judge/episode.h"
#include "kennel/judge/episode_pool.h"
#include "kennel/judge/eval_command.h"
#include "kennel/judge/quantities.h"
#include "kennel/judge/sweeps.h"
#include "test_policies.h"
#include "tests/io/temp_folder.h"

namespace kennel::judge::pose_test {
namespace {

constexpr double kStance = 0.15;  // m, of `standing_pose_policy`

JudgeModel pupper() { return load_judge_model(EvalOptions{}, standing_pose_policy()); }

/// Pitch, roll and height, by the formulas for quaternions.
Command by_quaternion(const mjData& data) {
  const mjtNum *q = data.qpos + 3, w = q[0], x = q[1], y = q[2], z = q[3];
  return {std::asin(2 * (w * y - z * x)), std::atan2(2 * (w * x + y * z), 1 - 2 * (x * x + y * y)),
          data.qpos[2] - kStance};
}

TEST(Told, PitchIsNoseDownRollLeansRightAndHeightIsOverTheStance) {
  const JudgeModel judge = pupper();
  const DataPtr data(mj_makeData(judge.nominal.get()));
  const Told told(standing_pose_policy());
  const double heading = 2.0, pitch = 0.2, roll = -0.3;
  mjtNum about_z[4], about_y[4], about_x[4], turned[4];
  const mjtNum x[3] = {1, 0, 0}, y[3] = {0, 1, 0}, z[3] = {0, 0, 1};
  mju_axisAngle2Quat(about_z, z, heading);
  mju_axisAngle2Quat(about_y, y, pitch);
  mju_axisAngle2Quat(about_x, x, roll);
  mju_mulQuat(turned, about_z, about_y);
  mju_mulQuat(data->qpos + 3, turned, about_x);
  data->qpos[2] = 0.21;
  const Command did = told.measure(*data, /*floor_height=*/0.05);
  EXPECT_NEAR(did[0], pitch, 1e-12);
  EXPECT_NEAR(did[1], roll, 1e-12);
  EXPECT_NEAR(did[2], 0.21 - 0.05 - kStance, 1e-12);
  mj_kinematics(judge.nominal.get(), data.get());
  const mjtNum* R_wb = data->xmat + 9 * judge.robot.base;  // rows; the third is the world's z
  EXPECT_LT(R_wb[6], -0.1) << "what is ahead is low";
  EXPECT_LT(R_wb[7], -0.1) << "what is to the left is low: it leans left, which is negative";
}

TEST(Told, TheErrorsOfAPoseAreWhatTheStateSays) {
  // It stands level, whatever it is told.
  const PolicyFile policy = standing_pose_policy();
  const JudgeModel judge = pupper();
  EpisodePlan plan = plan_episode(Condition::kNominal, 5, 0, policy);
  plan.commands.fill({0.1, 0.0, 0.01});
  double pair = 0.0, third = 0.0, last_pair = 0.0, last_third = 0.0;
  int scored = 0;
  EpisodePlayer player(judge, policy);
  const EpisodeStats stats = player.play(plan, EpisodeRandom(5, 0), [&](const StepRecord& record) {
    EXPECT_EQ(record.obs[6], 0.1f);
    EXPECT_EQ(record.obs[8], 0.01f);
    // What a step comes to is seen at the start of the next; the first second of every four does
    // not count.
    if (record.step == 0 || (record.step - 1) % 200 < 50) return;
    const Command did = by_quaternion(record.world.data());
    pair += last_pair = std::pow(did[0] - 0.1, 2) + std::pow(did[1], 2);
    third += last_third = std::pow(did[2] - 0.01, 2);
    ++scored;
  });
  EXPECT_FALSE(stats.fell);
  EXPECT_EQ(stats.scored_steps, 450);
  ASSERT_EQ(scored, 449);
  // Nobody sees what the last step comes to; the robot stands still by then.
  EXPECT_NEAR(stats.pair_error_sq, pair + last_pair, 1e-8);
  EXPECT_NEAR(stats.third_error_sq, third + last_third, 1e-8);
  EXPECT_NEAR(std::sqrt(stats.pair_error_sq / 450), 0.1, 0.03);
  const EvalResult result = summarise({stats}, policy);
  EXPECT_DOUBLE_EQ(result.pair_rmse, std::sqrt(stats.pair_error_sq / 450));
  EXPECT_DOUBLE_EQ(result.third_rmse, std::sqrt(stats.third_error_sq / 450));
  EXPECT_TRUE(std::isnan(result.cost_of_transport));
}

TEST(Told, CommandsAreDrawnFromTheContractsRangesInItsOrder) {
  const PolicyFile policy = standing_pose_policy();
  for (int term = 0; term < kCommandTerms; ++term) {
    const Range& range = policy.command[term].range;
    double low = 1.0, high = -1.0;
    for (int episode = 0; episode < 60; ++episode) {
      const EpisodePlan plan = plan_episode(Condition::kNominal, 1, episode, policy);
      for (const Command& command : plan.commands) {
        low = std::min(low, command[term]);
        high = std::max(high, command[term]);
      }
    }
    const double width = range.high - range.low;
    EXPECT_GE(low, range.low);
    EXPECT_LE(high, range.high);
    EXPECT_LT(low, range.low + 0.1 * width);
    EXPECT_GT(high, range.high - 0.1 * width);
  }
  // Heights are told to the millimetre.
  EXPECT_EQ(command_at(policy, {0.8, -1.0, 0.8}), (Command{0.2, -0.15, 0.012}));
}

TEST(Told, TheOrderIsTheContractsOwn) {
  PolicyFile policy = standing_pose_policy();
  std::swap(policy.command[0], policy.command[1]);
  const JudgeModel judge = pupper();
  const DataPtr data(mj_makeData(judge.nominal.get()));
  const mjtNum y[3] = {0, 1, 0};
  mju_axisAngle2Quat(data->qpos + 3, y, 0.2);
  const Command did = Told(policy).measure(*data, 0.0);
  EXPECT_NEAR(did[0], 0.0, 1e-12);
  EXPECT_NEAR(did[1], 0.2, 1e-12);
}

TEST(Told, WhatCannotBeMeasuredIsNamedInOneLine) {
  const auto problem = [](const auto& change) {
    PolicyFile policy = standing_pose_policy();
    change(policy);
    const std::string error = error_of([&] { evaluate(policy, EvalOptions{}); });
    EXPECT_EQ(error.find('\n'), std::string::npos) << error;
    return error;
  };
  EXPECT_EQ(problem([](PolicyFile& p) { p.command[1].name = "mood"; }),
            "the policy is told mood, which the judge cannot measure; it knows vx, vy, yaw_rate, "
            "pitch, roll, height");
  EXPECT_EQ(problem([](PolicyFile& p) { p.command[1].unit = "degrees"; }),
            "the policy is told roll in degrees; the judge measures it in rad");
  EXPECT_NE(problem([](PolicyFile& p) {
              std::swap(p.command[1], p.command[2]);
            }).find("a tilt and a height"),
            std::string::npos);
  EXPECT_NE(problem([](PolicyFile& p) { p.stance_height = 0.0; }).find("stance_height of 0 m"),
            std::string::npos);
}

TEST(Told, TrackingCurvesAreOfTheQuantitiesThatItIsTold) {
  EvalOptions options;
  options.episodes = 1;
  const std::vector<TrackingCurve> curves = run_tracking(standing_pose_policy(), options);
  ASSERT_EQ(curves.size(), 3u);
  EXPECT_EQ(curves[0].axis, "pitch");
  EXPECT_EQ(curves[0].unit, "rad");
  EXPECT_EQ(curves[2].axis, "height");
  EXPECT_NEAR(curves[2].command.back(), 0.015, 1e-6);
  for (const double roll : curves[1].measured) EXPECT_NEAR(roll, 0.0, 0.02);
}

class PoseEval : public testing::Test {
 protected:
  PoseEval() {
    command_.policies = {(folder_ / "pose.json").string()};
    write_policy(command_.policies[0], standing_pose_policy());
    command_.episodes = 1;
    command_.conditions = {Condition::kNominal};
  }

  std::string output() const {
    testing::internal::CaptureStdout();
    EXPECT_EQ(run_eval(command_), 0);
    return testing::internal::GetCapturedStdout();
  }

  TempFolder folder_;
  EvalCommand command_;
};

TEST_F(PoseEval, ItsErrorsHaveTheNamesOfWhatItIsTold) {
  const std::string table = output();
  for (const char* title : {"     tilt    height", "  rmse rad         m"})
    EXPECT_NE(table.find(title), std::string::npos) << table;
  EXPECT_EQ(table.find("transport"), std::string::npos) << "it goes nowhere";
  command_.json = true;
  const auto json = nlohmann::json::parse(output());
  for (const char* key : {"tilt_rmse", "height_rmse", "standing_drift", "falls"})
    EXPECT_TRUE(json.contains(key)) << key;
  for (const char* key : {"velocity_rmse", "yaw_rmse", "cost_of_transport"})
    EXPECT_FALSE(json.contains(key)) << key;
}

TEST_F(PoseEval, TheGridIsOfPitchAndHeight) {
  command_.study = Study::kGrid;
  EXPECT_NE(output().find("tilt rmse, rad; columns: pitch, rad; rows: height, m"),
            std::string::npos);
  command_.json = true;
  std::istringstream lines(output());
  std::string line;
  std::getline(lines, line);
  const auto command = nlohmann::json::parse(line).at("command");
  EXPECT_NEAR(command.at("pitch"), -0.2, 1e-6);
  EXPECT_EQ(command.at("roll"), 0.0);
  EXPECT_NEAR(command.at("height"), -0.03, 1e-6);
}

TEST_F(PoseEval, SlowCommandsAreForWalksAndATableForOneTask) {
  command_.study = Study::kSlow;
  const std::string slow = error_of([&] { run_eval(command_); });
  EXPECT_NE(slow.find("pose.json: the slow commands are a walk's; the policy is told pitch, roll, "
                      "height"),
            std::string::npos)
      << slow;
  EXPECT_FALSE(error_of([] { run_slow(standing_pose_policy(), EvalOptions{}); }).empty());
  command_.study = Study::kProtocol;
  command_.policies.push_back((folder_ / "walk.json").string());
  write_policy(command_.policies[1], standing_policy());
  const std::string mixed = error_of([&] { run_eval(command_); });
  EXPECT_NE(mixed.find("walk.json is told vx, vy, yaw_rate"), std::string::npos) << mixed;
  EXPECT_NE(mixed.find("--json"), std::string::npos) << mixed;
  command_.json = true;
  const std::string both = output();
  EXPECT_NE(both.find("tilt_rmse"), std::string::npos);
  EXPECT_NE(both.find("velocity_rmse"), std::string::npos);
}

}  // namespace
}  // namespace kennel::judge::pose_test
