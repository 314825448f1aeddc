// The CPU's batch for robots with many points.
#include <gtest/gtest.h>

#include <cstring>

#include "kennel/batch/folded_fit.h"
#include "tests/sim/batch_fixture.h"

namespace kennel::testing {
namespace {

using Many = ManyPoints<AllLegs>;

quadruped::Task many_points_task(const quadruped::EnvConfig& config) {
  quadruped::Task task = task_of(config);
  task.model = with_many_points(task.model);
  return task;
}

TEST(ManyPointsBatch, StepsARobotWithFewPointsAsItsOwnProgramDoes) {
  const quadruped::EnvConfig config = quiet_config();
  SmallBatch few(config, 20);
  SmallBatchOf<Many> many(config, 20);
  for (int t = 0; t < 30; ++t) {
    few.step_with_waves(0.2f);
    many.step_with_waves(0.2f);
    ASSERT_EQ(few.terminated, many.terminated);
    for (std::size_t i = 0; i < few.obs.size(); ++i) ASSERT_NEAR(few.obs[i], many.obs[i], 1e-2);
  }
}

TEST(ManyPointsBatch, ARobotOnTheSpheresOfItsBaseStaysThere) {
  quadruped::EnvConfig config = quiet_config();
  config.task.min_height = 0.0f;
  SmallBatchOf<Many> batch(many_points_task(config), 5);
  // Legs drawn up: it lies on its base, whose spheres reach 0.08 m and a radius below its origin.
  for (int e = 0; e < 5; ++e)
    for (int k = 0; k < kNumJoints; ++k)
      batch.action[e * kNumJoints + k] = k % 3 == 2 ? (k / 3 % 2 ? 1.0f : -1.0f) : 0.0f;
  for (int t = 0; t < 60; ++t) batch.step();
  for (int e = 0; e < 5; ++e) {
    const auto state = batch.batch.env(e);
    EXPECT_GT(state.physics.position.z, 0.09f);
    EXPECT_LT(state.physics.position.z, 0.16f);
  }
}

TEST(ManyPointsBatch, ASavedStateGoesOnTheSame) {
  const quadruped::Task task = many_points_task(quiet_config());
  SmallBatchOf<Many> first(task, 20), second(task, 20);
  for (int t = 0; t < 5; ++t) first.step_with_waves();
  second.batch.load_state(first.batch.save_state());
  second.time = first.time;
  for (int t = 0; t < 5; ++t) {
    first.step_with_waves();
    second.step_with_waves();
  }
  EXPECT_EQ(first.obs, second.obs);
  SmallBatch few(quiet_config(), 20);
  EXPECT_THROW(few.batch.load_state(first.batch.save_state()), Error);
}

TEST(ManyPointsBatch, NoFoldedKernelStandsIn) {
  const quadruped::Task task = many_points_task(quiet_config());
  EXPECT_EQ(folded_robot(task), -1);
  EXPECT_NE(why_not_folded(task).find("more than 2 a leg"), std::string::npos);
}

TEST(ManyPointsBatch, AReplayKeepsEveryPoint) {
  const quadruped::Task task = many_points_task(quiet_config());
  SmallBatchOf<Many> batch(task, 2);
  batch.step_with_waves();
  Divergence<Many> divergence{1, batch.batch.env(1).physics, batch.batch.env(1)};
  divergence.after.params.leg[2].friction[5] = 0.25f;
  const Replay replay = parse_replay("test", replay_text(replay_of(task, divergence)));
  EXPECT_EQ(replay.points, kMaxPoints);
  EXPECT_EQ(replay.params.leg[2].friction[5], 0.25);
  EXPECT_EQ(replay.params.leg[0].friction[0], double(0.8f));
}

}  // namespace
}  // namespace kennel::testing
