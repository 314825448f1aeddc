// One episode at a time: sensing, delays, falls.
#include "kennel/judge/episode.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "kennel/judge/episode_pool.h"
#include "kennel/policy/first_format.h"
#include "test_policies.h"

namespace kennel::judge::episode_test {
namespace {

constexpr const char* kModel = KENNEL_SOURCE_DIR "/envs/pupper_v3/pupper_v3.xml";

class EpisodeTest : public testing::Test {
 protected:
  struct Copy {  // of a StepRecord
    Imu imu;
    std::vector<float> obs, action;
    std::array<double, kPolicyJoints> target;
  };

  EpisodeTest() : judge_(load_judge_model(kModel, first_format_robot())) {}

  // Plays the plan and keeps what happened in each control step.
  EpisodeStats play(const PolicyFile& policy, const EpisodePlan& plan) {
    steps_.clear();
    EpisodePlayer player(judge_, policy);
    return player.play(plan, EpisodeRandom(1, 1), [this](const StepRecord& r) {
      steps_.push_back(
          {r.imu, {r.obs.begin(), r.obs.end()}, {r.action.begin(), r.action.end()}, r.target});
    });
  }

  static EpisodePlan walking_plan() {
    return plan_episode(Condition::kNominal, 1, 1, first_format_robot());
  }

  JudgeModel judge_;
  std::vector<Copy> steps_;
};

TEST_F(EpisodeTest, LastsTwelveSecondsAndScoresNineOfThem) {
  const EpisodeStats stats = play(standing_policy(), walking_plan());
  EXPECT_FALSE(stats.fell);
  EXPECT_EQ(stats.steps, 600);
  EXPECT_EQ(stats.scored_steps, 450);  // without the first second of each of three commands
}

// A standing robot's targets never change, so its physics is the same at every rate.
TEST_F(EpisodeTest, AnotherRateKeepsTheProtocolsTimesAndScores) {
  EpisodePlan plan = walking_plan();
  plan.pushes[1] = {0.2, -0.1};  // at 4 s, which every rate here meets
  const EpisodeStats usual = play(standing_policy(), plan);
  const std::vector<Copy> expected = steps_;
  for (const int decimation : {1, 4, 10, 20}) {
    SCOPED_TRACE(decimation);
    const EpisodeStats stats = play(at_rate(standing_policy(), decimation), plan);
    EXPECT_FALSE(stats.fell);
    EXPECT_EQ(stats.steps, 3000 / decimation);
    EXPECT_EQ(stats.decimation, decimation);
    EXPECT_EQ(stats.torque_sq, usual.torque_sq);
    EXPECT_NEAR(stats.scored_steps * decimation, 3 * 750, 3 * decimation);
    EXPECT_NEAR(stats.pair_error_sq / stats.scored_steps, usual.pair_error_sq / usual.scored_steps,
                2e-3);
    EXPECT_NEAR(stats.gait_time, 11.0, 0.004 * decimation);
    EXPECT_NEAR(stats.way_time, usual.way_time, 0.004 * decimation);
    EXPECT_NEAR(stats.way, usual.way, 2e-3);
    const EvalResult result = summarise({stats}, first_format_robot());
    EXPECT_DOUBLE_EQ(result.survival_s, 12.0);
    EXPECT_DOUBLE_EQ(result.torque_rms, summarise({usual}, first_format_robot()).torque_rms);
    // The same moment has the same state and command.
    for (int time = 0; time < 3000; time += 20 * 5) {
      const Copy& there = steps_[time / decimation];
      EXPECT_EQ(there.imu.gyro, expected[time / 5].imu.gyro) << time;
      EXPECT_EQ(there.obs[6], expected[time / 5].obs[6]) << time;
    }
  }
}

TEST_F(EpisodeTest, ARateThatDoesNotDivideASecondChangesCommandsAtTheNextControlStep) {
  const EpisodePlan plan = walking_plan();
  const EpisodeStats stats = play(at_rate(standing_policy(), 7), plan);
  EXPECT_EQ(stats.steps, 429);  // the last begins before 12 s and ends after it
  EXPECT_FALSE(stats.fell);
  for (std::size_t step = 0; step < steps_.size(); ++step) {
    const int command = static_cast<int>(step) < 143 ? 0 : static_cast<int>(step) < 286 ? 1 : 2;
    EXPECT_EQ(steps_[step].obs[6], static_cast<float>(plan.commands[command][0])) << step;
  }
}

TEST_F(EpisodeTest, ARobotThatStandsErrsByTheCommandItself) {
  EpisodePlan plan = walking_plan();
  plan.commands = {{{0.6, 0.0, 0.0}, {0.0, -0.4, 0.0}, {0.0, 0.0, 1.5}}};
  const EpisodeStats stats = play(standing_policy(), plan);
  EXPECT_NEAR(stats.pair_error_sq / 450, (0.6 * 0.6 + 0.4 * 0.4) / 3, 1e-3);
  EXPECT_NEAR(stats.third_error_sq / 450, 1.5 * 1.5 / 3, 1e-2);
}

TEST_F(EpisodeTest, ActionLatencyDelaysTheTargetByExactlyOneControlStep) {
  EpisodePlan plan = walking_plan();
  play(trembling_policy(), plan);
  const auto prompt = steps_;
  plan.action_delay = kSignalDelay;
  const PolicyFile policy = trembling_policy();
  play(policy, plan);
  for (int joint = 0; joint < kPolicyJoints; ++joint) {
    EXPECT_EQ(steps_[0].target[joint], policy.default_joint_pos[joint]);  // a_{-1} = 0
  }
  const auto target_of = [&](const std::vector<float>& action, int joint) {
    return policy.default_joint_pos[joint] + policy.action_scale[joint] * action[joint];
  };
  for (std::size_t step = 1; step < steps_.size(); ++step) {
    for (int joint = 0; joint < kPolicyJoints; ++joint) {
      EXPECT_FLOAT_EQ(steps_[step].target[joint], target_of(steps_[step - 1].action, joint));
      EXPECT_FLOAT_EQ(prompt[step].target[joint], target_of(prompt[step].action, joint));
    }
  }
}

TEST_F(EpisodeTest, ImuLatencyDelaysGyroAndGravityAndNothingElse) {
  EpisodePlan plan = walking_plan();
  plan.imu_delay = kSignalDelay;
  play(trembling_policy(), plan);
  double largest_rate = 0.0;
  for (std::size_t step = 0; step < steps_.size(); ++step) {
    const Imu& expected = steps_[step > 0 ? step - 1 : 0].imu;
    for (int axis = 0; axis < 3; ++axis) {
      EXPECT_EQ(steps_[step].obs[axis], static_cast<float>(expected.gyro[axis]));
      EXPECT_EQ(steps_[step].obs[3 + axis], static_cast<float>(expected.gravity[axis]));
      largest_rate = std::max(largest_rate, std::abs(expected.gyro[axis]));
    }
  }
  EXPECT_GT(largest_rate, 0.01);  // there was something to delay
  plan.imu_delay = 0;
  play(trembling_policy(), plan);
  EXPECT_EQ(steps_[30].obs[0], static_cast<float>(steps_[30].imu.gyro[0]));
}

TEST_F(EpisodeTest, ObservationFollowsTheRobotsContract) {
  const PolicyFile policy = trembling_policy(/*history=*/3);
  const EpisodePlan plan = walking_plan();
  play(policy, plan);
  // Before the start: zeros and gravity straight down.
  const std::vector<float>& first = steps_[0].obs;
  ASSERT_EQ(first.size(), 108u);
  for (std::size_t at = 36; at < first.size(); ++at) {
    EXPECT_EQ(first[at], at % 36 == 5 ? -1.0f : 0.0f) << at;
  }
  EXPECT_NEAR(first[5], -1.0f, 1e-4);
  for (int joint = 0; joint < kPolicyJoints; ++joint) {
    EXPECT_NEAR(first[12 + joint], plan.start_joint[joint], 1e-6);  // off the default pose
    EXPECT_EQ(first[24 + joint], 0.0f);                             // no action yet
  }
  const std::vector<float>& now = steps_[321].obs;
  EXPECT_EQ(now[6], static_cast<float>(plan.commands[1][0]));
  EXPECT_EQ(now[7], static_cast<float>(plan.commands[1][1]));
  EXPECT_EQ(now[8], static_cast<float>(plan.commands[1][2]));
  EXPECT_EQ((std::vector<float>{now[9], now[10], now[11]}), (std::vector<float>{0, 0, 1}));
  for (int joint = 0; joint < kPolicyJoints; ++joint) {
    EXPECT_EQ(now[24 + joint], steps_[320].action[joint]);  // the robot's way: a_{t-1} at t
  }
  // Older frames are those of the steps before, unchanged.
  for (int at = 0; at < 72; ++at) EXPECT_EQ(now[36 + at], steps_[320].obs[at]);
}

TEST_F(EpisodeTest, NoiseStaysInItsRangeAndGravityStaysAUnitVector) {
  EpisodePlan plan = walking_plan();
  plan.noise = true;
  play(standing_policy(), plan);
  double largest_gyro = 0.0;
  for (const Copy& step : steps_) {
    for (int axis = 0; axis < 3; ++axis) {
      const double noise = std::abs(step.obs[axis] - step.imu.gyro[axis]);
      EXPECT_LE(noise, 0.1 + 1e-6);
      largest_gyro = std::max(largest_gyro, noise);
    }
    EXPECT_NEAR(std::hypot(step.obs[3], step.obs[4], step.obs[5]), 1.0, 1e-6);
  }
  EXPECT_GT(largest_gyro, 0.095);
  EXPECT_LE(std::abs(steps_[0].obs[12]), 0.03 + 1e-6);
  EXPECT_NE(steps_[0].obs[12], steps_[0].obs[13]);
}

TEST_F(EpisodeTest, WithoutAnImuTheRobotSeesItselfUprightAndAtRest) {
  PolicyFile policy = trembling_policy();
  policy.use_imu = false;
  EpisodePlan plan = walking_plan();
  plan.noise = true;
  play(policy, plan);
  for (const Copy& step : steps_) {
    EXPECT_EQ(std::vector<float>(step.obs.begin(), step.obs.begin() + 6),
              (std::vector<float>{0, 0, 0, 0, 0, -1}));
  }
}

TEST_F(EpisodeTest, TargetsAreClampedToThePolicysLimits) {
  PolicyFile policy = constant_policy({0, 0, 5.0f, 0, 0, -5.0f, 0, 0, 5.0f, 0, 0, -5.0f});
  play(policy, walking_plan());
  EXPECT_FLOAT_EQ(steps_[0].target[2], 0.71);
  EXPECT_FLOAT_EQ(steps_[0].target[5], -0.71);
}

TEST_F(EpisodeTest, APushChangesTheVelocityEveryTwoSeconds) {
  EpisodePlan plan = walking_plan();
  plan.pushes[1] = {0.35, 0.0};  // at 4 s
  play(standing_policy(), plan);
  const double before = std::abs(steps_[199].imu.gyro[1]) + std::abs(steps_[200].imu.gyro[1]);
  const double after = std::abs(steps_[201].imu.gyro[1]) + std::abs(steps_[202].imu.gyro[1]) +
                       std::abs(steps_[201].imu.gyro[0]) + std::abs(steps_[202].imu.gyro[0]);
  EXPECT_GT(after, before + 0.1);  // a standing robot rocks when it is pushed
}

TEST_F(EpisodeTest, AToppledRobotEndsItsEpisode) {
  const EpisodeStats stats = play(toppling_policy(), walking_plan());
  EXPECT_TRUE(stats.fell);
  EXPECT_FALSE(stats.diverged);
  EXPECT_LT(stats.steps, 300);
  EXPECT_EQ(steps_.size(), static_cast<std::size_t>(stats.steps));
}

TEST_F(EpisodeTest, ANonFiniteActionCountsAsAFall) {
  PolicyFile policy = standing_policy();
  DenseLayer huge = constant_layer(kPolicyFrame, 2, "");
  huge.bias = {3e38f, 3e38f};
  DenseLayer difference = constant_layer(2, kPolicyJoints, "");
  for (int joint = 0; joint < kPolicyJoints; ++joint) {
    difference.weights[joint] = 10.0f;  // inf - inf
    difference.weights[kPolicyJoints + joint] = -10.0f;
  }
  policy.network.layers = {huge, difference};
  const EpisodeStats stats = play(policy, walking_plan());
  EXPECT_TRUE(stats.fell);
  EXPECT_TRUE(stats.diverged);
  EXPECT_EQ(stats.steps, 0);
}

TEST_F(EpisodeTest, AFallIsATiltBeyondTheLimitOrABaseTooLow) {
  const DataPtr data(mj_makeData(judge_.nominal.get()));
  const auto falls = [&](double tilt, double axis_angle, double height) {
    data->qpos[2] = height;
    const double axis[3] = {std::cos(axis_angle), std::sin(axis_angle), 0.0};
    mju_axisAngle2Quat(data->qpos + 3, axis, tilt);
    EXPECT_NEAR(base_tilt(*data), std::abs(tilt), 1e-9);
    return is_fall(first_format_robot(), *data, 0.0);
  };
  for (const double direction : {0.0, 1.0, 2.5}) {
    EXPECT_FALSE(falls(0.899, direction, 0.15));
    EXPECT_TRUE(falls(0.901, direction, 0.15));
    EXPECT_FALSE(falls(-0.899, direction, 0.061));
    EXPECT_TRUE(falls(0.1, direction, 0.059));
  }
}

TEST_F(EpisodeTest, VelocityIsMeasuredInTheBasesOwnFrame) {
  const DataPtr data(mj_makeData(judge_.nominal.get()));
  const double up[3] = {0.0, 0.0, 1.0};
  mju_axisAngle2Quat(data->qpos + 3, up, M_PI / 2);  // facing world y
  data->qvel[0] = 0.3;                               // along world x: to the robot's right
  data->qvel[1] = 0.5;
  data->qvel[5] = 1.25;
  const Command velocity = Told(first_format_robot()).measure(*data, 0.0);
  EXPECT_NEAR(velocity[0], 0.5, 1e-12);
  EXPECT_NEAR(velocity[1], -0.3, 1e-12);
  EXPECT_EQ(velocity[2], 1.25);
}

}  // namespace
}  // namespace kennel::judge::episode_test
