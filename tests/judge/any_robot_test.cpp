// A robot of another size, on another floor, in steps of another length; and what is no robot that
// the judge can play.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "big_robot.h"
#include "kennel/core/resource.h"
#include "kennel/io/run_folder.h"
#include "kennel/judge/episode_pool.h"
#include "kennel/judge/eval_command.h"
#include "kennel/judge/model_for.h"
#include "kennel/judge/sweeps.h"
#include "tests/io/temp_folder.h"

namespace kennel::judge::any_robot_test {
namespace {

constexpr Physics kAllPhysics[] = {Physics::kMujoco, Physics::kKennel, Physics::kExact};

TEST(ControlClock, AtFourMillisecondsTheProtocolsTimesAreTheStepsThatTheyAlwaysWereAtTwoTwiceThat) {
  for (const int times : {1, 2}) {
    const ControlClock clock(first_format_robot(), 0.004 / times);
    EXPECT_EQ(clock.decimation(), 5 * times);
    EXPECT_EQ(clock.physics_steps(kCommandTime), 1000 * times);
    EXPECT_EQ(clock.physics_steps(kEpisodeTime), 3000 * times);
    EXPECT_EQ(clock.physics_steps(kUnscoredTime), 250 * times);
    EXPECT_EQ(clock.physics_steps(kWayTime), 125 * times);
    EXPECT_EQ(clock.physics_steps(kPushTime), 500 * times);
    EXPECT_EQ(clock.physics_steps(kSignalDelay), 5 * times);
    EXPECT_EQ(clock.physics_steps(kShiftedDelay[0]), 7 * times);
    EXPECT_EQ(clock.physics_steps(kShiftedDelay[1]), 8 * times);
    EXPECT_EQ(clock.physics_steps(kMaxDelay), 15 * times);
    EXPECT_EQ(clock.steps_until(kEpisodeTime), 600);
    EXPECT_EQ(clock.control_dt(), clock.decimation() * (0.004 / times));
  }
}

// As it was counted before: in whole numbers of physics steps of 4 ms.
TEST(ControlClock, WhatIsDueInAStepIsWhatWasDueBefore) {
  for (const int decimation : {1, 4, 5, 7, 20}) {
    const ControlClock clock(at_rate(standing_policy(), decimation), 0.004);
    for (int step = 0; step < 3000 / decimation; ++step) {
      const int time = step * decimation, before = time - decimation;
      EXPECT_EQ(clock.times_due(step, kCommandTime), time / 1000);
      EXPECT_EQ(clock.times_due(step, kPushTime), time / 500);
      EXPECT_EQ(clock.is_due(step, kPushTime), step > 0 && time / 500 > before / 500);
      EXPECT_EQ(clock.is_due(step, kWayTime), step > 0 && time / 125 > before / 125);
      EXPECT_EQ(clock.is_past(step, kUnscoredTime), time >= 250);
    }
  }
}

TEST(ControlClock, WhateverTheTimestepEveryCommandAndPushComesOnceAndNoneAfterTheEnd) {
  for (const double timestep : {0.0001, 0.0007, 0.001, 1.0 / 300, 0.003, 0.0066, 0.007, 0.01})
    for (const int decimation : {1, 3, 7}) {
      PolicyFile policy = standing_policy();
      policy.control_dt = static_cast<float>(decimation * timestep);
      const ControlClock clock(policy, timestep);
      ASSERT_EQ(clock.decimation(), decimation);
      int pushes = 0, changes = 0, step = 0;
      for (; step < clock.steps_until(kEpisodeTime); ++step) {
        ASSERT_LT(clock.times_due(step, kCommandTime), kCommands) << timestep;
        changes += clock.is_due(step, kCommandTime);
        if (!clock.is_due(step, kPushTime)) continue;
        EXPECT_EQ(clock.times_due(step, kPushTime), ++pushes) << timestep;
      }
      EXPECT_EQ(pushes, kPushes) << timestep;
      EXPECT_EQ(changes, kCommands - 1) << timestep;
      EXPECT_NEAR(step * clock.control_dt(), 12.0, clock.control_dt() + timestep);
    }
}

TEST(RobotSize, ScalesLengthsAndSpeedsOfAPlanAndNothingElse) {
  const RobotContract small = first_format_robot();
  RobotContract large = small;
  large.size = 4.0;
  for (const ConditionInfo& condition : kConditions) {
    const EpisodePlan a = plan_episode(condition.condition, 3, 5, small);
    const EpisodePlan b = plan_episode(condition.condition, 3, 5, large);
    EXPECT_DOUBLE_EQ(b.start_lift, 4.0 * a.start_lift);
    for (int axis = 0; axis < 3; ++axis)
      EXPECT_DOUBLE_EQ(b.com_shift[axis], 4.0 * a.com_shift[axis]);
    for (int push = 0; push < kPushes; ++push)
      for (int axis = 0; axis < 2; ++axis)
        EXPECT_DOUBLE_EQ(b.pushes[push][axis], 2.0 * a.pushes[push][axis]);
    EXPECT_EQ(b.mass_factor, a.mass_factor);
    EXPECT_EQ(b.friction, a.friction);
    EXPECT_EQ(b.start_joint, a.start_joint);
    EXPECT_EQ(b.action_delay, a.action_delay);
    EXPECT_EQ(b.commands[0][0], a.commands[0][0]) << "the contract's own range";
  }
}

TEST(RobotSize, ScalesTheSpeedsThatCountAsWalking) {
  EpisodeStats stats;
  stats.way_time = stats.carried = stats.work = 1.0;
  stats.way = 0.09;  // m/s; slow for a robot four times as large
  RobotContract robot = first_format_robot();
  EXPECT_EQ(summarise({stats}, robot).cost_of_transport, 1.0);
  robot.size = 4.0;
  EXPECT_TRUE(std::isnan(summarise({stats}, robot).cost_of_transport));
}

TEST(Commands, AreSharesOfWhatTheRobotMayBeToldInHundredths) {
  RobotContract robot = first_format_robot();
  Command command = command_at(robot, {0.53, 0.7, -0.75});
  EXPECT_EQ(command[0], 0.4);
  EXPECT_EQ(command[1], 0.35);
  EXPECT_EQ(command[2], -1.5);
  robot.command[0].range = {-1.0f, 2.0f};
  EXPECT_EQ(command_at(robot, {1, 0, 0})[0], 2.0);
  EXPECT_EQ(command_at(robot, {-1, 0, 0})[0], -1.0);
  EXPECT_EQ(command_at(robot, {0, 0, 0})[0], 0.0);
}

class AnyRobot : public testing::Test {
 protected:
  std::string written(const BigRobot& robot) const {
    const auto path = folder_ / "big.xml";
    write_raw(path, robot.mjcf());
    return path.string();
  }

  /// What the judge says of a robot; the only line.
  std::string refusal(const std::string& model, const PolicyFile& policy) const {
    const std::string error = error_of([&] { load_judge_model(model, policy); });
    EXPECT_EQ(error.rfind(model, 0), 0u) << error;
    EXPECT_EQ(error.find('\n'), std::string::npos) << error;
    return error;
  }

  TempFolder folder_;
  PolicyFile policy_ = big_standing_policy();
};

TEST_F(AnyRobot, ABigOneStandsThroughAnEpisodeInEveryPhysicsWhereverItsFloorIs) {
  for (const double floor : {-0.3, 0.0, 2.0}) {
    const JudgeModel judge = load_judge_model(written({.floor = floor}), policy_);
    for (const Physics physics : kAllPhysics) {
      SCOPED_TRACE(text(name_of(physics), " on a floor at ", floor));
      EpisodePlayer player(judge, policy_, physics);
      const EpisodePlan plan = plan_episode(Condition::kNominal, 1, 0, policy_);
      double first_height = std::numeric_limits<double>::quiet_NaN(), last_height = 0.0;
      int touching = 0;
      const EpisodeStats stats =
          player.play(plan, EpisodeRandom(1, 0), [&](const StepRecord& record) {
            last_height = record.world.data().qpos[2] - floor;
            if (record.step == 0) first_height = last_height;
            for (const Foot& foot : record.world.feet()) touching += foot.touches;
          });
      EXPECT_FALSE(stats.fell);
      EXPECT_EQ(stats.steps, 600);
      EXPECT_EQ(stats.decimation, 10);
      EXPECT_EQ(stats.scored_steps, 450);
      EXPECT_DOUBLE_EQ(summarise({stats}, policy_).survival_s, 12.0);
      EXPECT_NEAR(first_height, 0.56 + plan.start_lift, 1e-12);
      EXPECT_NEAR(last_height, 0.56, 0.03);
      EXPECT_GT(touching, 4 * 580);
    }
  }
}

TEST_F(AnyRobot, FallsAreMeasuredFromTheFloor) {
  const JudgeModel judge = load_judge_model(written({.floor = -0.3}), policy_);
  policy_.fall_height = 0.55;  // above where it stands once its legs have given way a little
  for (const Physics physics : kAllPhysics) {
    const EpisodeStats stats =
        EpisodePlayer(judge, policy_, physics)
            .play(plan_episode(Condition::kNominal, 1, 0, policy_), EpisodeRandom(1, 0));
    EXPECT_TRUE(stats.fell) << name_of(physics);
    EXPECT_FALSE(stats.diverged);
    EXPECT_GT(stats.steps, 1) << "it starts above it";
  }
}

TEST_F(AnyRobot, ScoresAreAlmostTheSameAtAnyTimestep) {
  EvalOptions options;
  options.episodes = 2;
  for (const Physics physics : {Physics::kMujoco, Physics::kExact}) {
    options.physics = physics;
    const auto score = [&](double timestep) {
      options.model = written({.timestep = timestep});
      return evaluate(policy_, options);
    };
    const EvalResult reference = score(0.001);
    for (const double timestep : {0.002, 0.004, 0.005}) {
      const EvalResult result = score(timestep);
      EXPECT_EQ(result.falls, 0);
      EXPECT_DOUBLE_EQ(result.survival_s, 12.0);
      EXPECT_NEAR(result.torque_rms, reference.torque_rms, 0.01 * reference.torque_rms);
      EXPECT_NEAR(result.pair_rmse, reference.pair_rmse, 1e-3);
    }
  }
}

TEST_F(AnyRobot, EveryConditionAndStudyIsPlayedInItsOwnRanges) {
  EvalOptions options;
  options.episodes = 1;
  options.model = written({});
  for (const ConditionInfo& condition : kConditions) {
    options.condition = condition.condition;
    EXPECT_EQ(evaluate(policy_, options).diverged, 0) << condition.name;
  }
  const SlowStudy slow = run_slow(policy_, options);
  EXPECT_EQ(slow.cells[1].command[0], 0.5);           // 0.25 m/s times the square root of 4
  EXPECT_EQ(slow.cells[6].command[2], 0.15);          // 0.3 rad/s over it
  EXPECT_NEAR(slow.cells[5].command[1], -0.3, 1e-6);  // -0.4 m/s is more than it may be told
  const CommandGrid grid = run_grid(policy_, options);
  EXPECT_EQ(grid.first.front(), -1.0);
  EXPECT_EQ(grid.first.back(), 1.5);
  EXPECT_EQ(grid.third.back(), 1.0);
  for (const Sweep& sweep : run_sweeps(policy_, options))
    EXPECT_EQ(sweep.cells.back().value == 2.0, sweep.name == "push") << sweep.name;
}

TEST_F(AnyRobot, AnotherRobotsModelIsRefusedInALineThatNamesBoth) {
  const std::string big = written({}), shipped = robot_model().string();
  const std::string error = refusal(big, standing_policy());
  for (const char* part : {"\"big\"", "LF_HAA", "pupper_v3", "leg_front_r_1", "--model"})
    EXPECT_NE(error.find(part), std::string::npos) << part << ": " << error;
  const std::string other = refusal(shipped, policy_);
  for (const char* part : {"leg_front_r_1", "policy's, big", "LF_HAA", "--model"})
    EXPECT_NE(other.find(part), std::string::npos) << part << ": " << other;
}

TEST_F(AnyRobot, OtherGainsAndLimitsAreNoOtherRobot) {
  policy_.kp.fill(150.0f);
  policy_.joint_upper_limits.fill(1.0f);
  EXPECT_NO_THROW(load_judge_model(written({}), policy_));
}

TEST_F(AnyRobot, WhatTheJudgeCannotPlayIsRefusedInOneLineWithAWayOut) {
  struct Bad {
    BigRobot robot;
    std::vector<const char*> mentions;
  };
  const Bad bad[] = {
      {{.hinges = 2}, {"four legs of three hinges", "nq 15", "nv 14"}},
      {{.floor = std::nan("")}, {"floor", "--add-floor", "kennel info"}},
      {{.servo = "<motor name='JOINT' joint='JOINT'/>"},
       {"position servos", "--add-servos", "kennel info"}},
      {{.servo = ""}, {"LF_HAA", "nothing drives it", "--add-servos", "kennel info"}},
      {{.timestep = 0.003}, {"timestep = 0.003 s", "every 0.02 s", "set it to 0.002"}},
      {{.timestep = 0.0125}, {"timestep = 0.0125 s", "0.01 s", "set it to 0.002"}},
  };
  for (const Bad& each : bad) {
    const std::string error = refusal(written(each.robot), policy_);
    for (const char* part : each.mentions)
      EXPECT_NE(error.find(part), std::string::npos) << part << ": " << error;
  }
}

TEST_F(AnyRobot, AnotherJointOrderThanLegByLegIsRefused) {
  std::swap(policy_.joint_names[1], policy_.joint_names[4]);
  const std::string error = refusal(written({}), policy_);
  EXPECT_NE(error.find("\"RF_HFE\" is not number 2 of a leg"), std::string::npos) << error;
}

TEST_F(AnyRobot, ItsModelIsTheRunsOwnOrElseTheShippedOneOrElseAskedFor) {
  const std::string policy = (folder_ / "policy.json").string();
  EXPECT_EQ(model_for({}, first_format_robot()), robot_model().string());
  EXPECT_TRUE(is_shipped(robot_model().string(), first_format_robot()));
  for (const std::string& nowhere : {std::string(), policy, folder_.path().string()}) {
    const std::string error = error_of([&] { model_for(nowhere, policy_); });
    EXPECT_NE(error.find("of big, which does not ship with Kennel"), std::string::npos) << error;
    EXPECT_NE(error.find("--model"), std::string::npos) << error;
  }
  write_raw(folder_ / "robot.xml", BigRobot{}.mjcf());
  EXPECT_THROW(model_for(policy, policy_), Error) << "this folder is no run";

  const RunFolder run = RunFolder::create(folder_ / "run", "", IfExists::kRefuse);
  EXPECT_EQ(model_for(run.policy(), first_format_robot()), robot_model().string());
  write_raw(run.robot(), BigRobot{}.mjcf());
  for (const auto& named : {run.path(), run.path() / "", run.policy(), run.path() / "other.onnx"}) {
    EXPECT_TRUE(std::filesystem::equivalent(model_for(named, policy_), run.robot())) << named;
    EXPECT_FALSE(is_shipped(model_for(named, policy_), policy_));
  }
}

TEST_F(AnyRobot, EvalTakesTheRunsModelWithoutBeingAskedAndChecksItFirst) {
  const RunFolder run = RunFolder::create(folder_ / "run", "", IfExists::kRefuse);
  write_policy(run.policy().string(), policy_);
  EvalCommand command;
  command.policies = {run.policy().string()};
  command.episodes = 1;
  command.json = true;
  EXPECT_NE(error_of([&] { run_eval(command); }).find("--model"), std::string::npos);
  write_raw(run.robot(), BigRobot{}.mjcf());
  ::testing::internal::CaptureStdout();
  EXPECT_EQ(run_eval(command), 0);
  const std::string played = ::testing::internal::GetCapturedStdout();
  EXPECT_NE(played.find("\"falls\":0"), std::string::npos) << played;
  // A shipped robot's policy first, then one that does not fit the model named for both.
  write_policy((folder_ / "small.json").string(), standing_policy());
  command.policies = {(folder_ / "small.json").string(), run.policy().string()};
  command.model = robot_model().string();
  ::testing::internal::CaptureStdout();
  const std::string mismatch = error_of([&] { run_eval(command); });
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "");
  EXPECT_NE(mismatch.find("policy's, big"), std::string::npos) << mismatch;
}

}  // namespace
}  // namespace kennel::judge::any_robot_test
