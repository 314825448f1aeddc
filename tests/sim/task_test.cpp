// The table of tasks, and the pose task's numbers.
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "kennel/model/anatomy.h"
#include "tests/sim/batch_fixture.h"

namespace kennel::testing {
namespace {

using namespace quadruped;

const int kPose = task_index("pose");

TEST(Tasks, HaveNamesOfTheirOwnAndTermsOfTheirOwn) {
  std::set<std::string> names;
  for (const TaskRow* row : kTasks) {
    EXPECT_TRUE(names.insert(row->name).second) << row->name;
    std::set<std::string> keys = {"only_positive"};
    for (const RewardTerm& term : row->rewards) EXPECT_TRUE(keys.insert(term.name).second);
    for (const ShapeTerm& term : row->shape) EXPECT_TRUE(keys.insert(term.name).second);
  }
}

TEST(Tasks, ThatDoNotExistAreRefusedWithThoseThatDo) {
  try {
    task_index("moonwalk");
    FAIL();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("moonwalk"), std::string::npos);
    EXPECT_NE(std::string(e.what()).find("walk, pose, joystick"), std::string::npos);
  }
}

TEST(Tasks, StartFromTheirOwnNumbers) {
  const EnvConfig pose(kPose);
  EXPECT_EQ(pose.row().name, std::string("pose"));
  EXPECT_EQ(pose.reward.weight[PoseRow::kTrackTilt], PoseRow::kRewards[0].weight);
  EXPECT_EQ(pose.command.range[2], PoseRow::kRow.command[2].range);
  EXPECT_EQ(pose.reward.weight[PoseRow::kNumRewards], 0) << "and no more";
}

/// A base that is turned so, at that height over its stance, told so.
struct Stance {
  float pitch = 0, roll = 0, height = 0;
};

struct Terms {
  float value[Pose::kNumRewards];
  float error2[2];
};

/// Values of the pose task's terms, at rest.
Terms terms_of(const Stance& is, const Stance& told) {
  const Task task = task_of(quiet_config(kPose));
  EnvState<float, AllLegs> state{};
  state.command[0] = told.pitch;
  state.command[1] = told.roll;
  state.command[2] = told.height;
  state.physics.position.z = task.stance_height + is.height;
  const StepReport<float, AllLegs> report{};
  StepView<float, AllLegs> view{state, report, {}, {}, {}, {}, {}, {}};
  // Yaw, then pitch, then roll turns the base: the third row of that rotation.
  view.up = {-std::sin(is.pitch), std::sin(is.roll) * std::cos(is.pitch),
             std::cos(is.roll) * std::cos(is.pitch)};
  Terms out;
  Pose::rewards(task, schedule_at(task.config, 0), view, AllLegs{}, out.value);
  Pose::errors2(task, view, out.error2);
  return out;
}

TEST(PoseTask, PaysMostWhereTheBodyIsAsTold) {
  const Stance told{0.2f, -0.1f, -0.02f};
  const Terms there = terms_of(told, told);
  EXPECT_FLOAT_EQ(there.value[Pose::kTrackTilt], 1);
  EXPECT_FLOAT_EQ(there.value[Pose::kTrackHeight], 1);
  for (const Stance& off : {Stance{0.1f, -0.1f, -0.02f}, Stance{0.2f, 0.1f, -0.02f},
                            Stance{-0.2f, -0.1f, -0.02f}, Stance{0.2f, 0.1f, 0}}) {
    const Terms other = terms_of(off, told);
    EXPECT_LT(other.value[Pose::kTrackTilt] + other.value[Pose::kTrackHeight], 1.9f);
  }
}

TEST(PoseTask, CountsErrorsInRadiansAndMetres) {
  EXPECT_NEAR(std::sqrt(terms_of({0.1f, 0, 0}, {}).error2[0]), 0.1, 1e-4);
  EXPECT_NEAR(std::sqrt(terms_of({0, 0.1f, 0}, {}).error2[0]), 0.1, 1e-4);
  EXPECT_NEAR(std::sqrt(terms_of({0.3f, 0.4f, 0}, {0.3f, 0.3f, 0}).error2[0]), 0.1 * std::cos(0.3),
              1e-3);
  EXPECT_NEAR(std::sqrt(terms_of({0, 0, 0.01f}, {0, 0, -0.02f}).error2[1]), 0.03, 1e-6);
}

TEST(PoseTask, StandsWhenNothingIsAskedAndFallsAsWalkersDo) {
  EnvConfig config = quiet_config(kPose);
  config.command.standing_fraction = 1;  // told zeros: level, at its height
  SmallBatch run(config, 16);
  for (int t = 0; t < 100; ++t) run.step();
  const EnvStats<double> stats = run.batch.drain_stats();
  EXPECT_EQ(stats.falls, 0);
  EXPECT_LT(std::sqrt(stats.error2[0] / stats.tracked), 0.05) << "rad";
  EXPECT_LT(std::sqrt(stats.error2[1] / stats.tracked), 0.01) << "m";
  EXPECT_GT(stats.reward[PoseRow::kTrackTilt] / stats.steps, 0.7);
  for (int i = PoseRow::kNumRewards; i < kMaxRewards; ++i) EXPECT_EQ(stats.reward[i], 0) << i;

  for (Range& range : config.command.range) range = {0, 0};
  config.task.max_tilt = 0.05f;
  SmallBatch falls(config, 16);
  for (int t = 0; t < 100; ++t) falls.step_with_waves();
  EXPECT_GT(falls.batch.drain_stats().falls, 0);
}

TEST(PoseTask, RefusesAKernelWhoseNarrowHalfIsTheWiderOne) {
  EnvConfig config = quiet_config(kPose);
  config.reward.shape[PoseRow::kHeightSigma] = 1;
  EXPECT_THROW(task_of(config), Error);
}

TEST(PoseTask, RefusesToTellWhatIsAFall) {
  EnvConfig tilted = quiet_config(kPose), low = quiet_config(kPose);
  tilted.command.range[0] = {-1.0f, 0.3f};
  EXPECT_THROW(task_of(tilted), Error);
  tilted.task.max_tilt = 1.2f;  // what the message says to try
  EXPECT_NO_THROW(task_of(tilted));
  low.command.range[2] = {-0.11f, 0};
  EXPECT_THROW(task_of(low), Error);
}

TEST(Stance, HeightsOfShippedRobotsAreTheirModels) {
  for (const RobotTraits* robot : kRobots) {
    const auto file = std::filesystem::path(KENNEL_SOURCE_DIR) / "envs" / robot->name;
    const Anatomy anatomy = describe(compile_edited(file / (robot->name + ".xml"), {}));
    EXPECT_NEAR(robot->stance_height, anatomy.stance_height, 1e-3) << robot->name;
  }
}

}  // namespace
}  // namespace kennel::testing
