// Which of several diverged environments is kept: the lowest of the first control step in which one
// diverged, whatever the number of threads and whichever of them comes first.
#include <gtest/gtest.h>

#include "kennel/batch/kept_divergence.h"
#include "tests/sim/batch_fixture.h"

namespace kennel::testing {
namespace {

TEST(Divergence, TheLowestEnvironmentOfTheFirstControlStepIsKept) {
  quadruped::EnvConfig config;
  config.task.random_first_clock = false;
  for (int attempt = 0; attempt < 10; ++attempt) {
    SmallBatch batch(config, 200, 0, 4);
    batch.step_with_waves();
    for (const int env : {199, 150, 97, 33, 34, 120}) batch.action[env * kNumJoints + 1] = NAN;
    batch.step();
    batch.action[3 * kNumJoints] = NAN;  // lower, but later
    batch.step();
    ASSERT_TRUE(batch.batch.first_divergence());
    EXPECT_EQ(batch.batch.first_divergence()->env, 33);
    EXPECT_EQ(batch.batch.first_divergence()->control_step, 1);
  }
}

TEST(Divergence, TheDevicesRankPutsEarlierStepsAndLowerNumbersFirst) {
  EXPECT_GT(divergence_rank(0, 7), divergence_rank(0, 8));
  EXPECT_GT(divergence_rank(0, (1 << 22) - 1), divergence_rank(1, 0));
  EXPECT_GT(divergence_rank(41, 5), divergence_rank(42, 4));
  EXPECT_GT(divergence_rank(0xffffffffu, (1 << 22) - 1), 0u) << "0 is none";
}

}  // namespace
}  // namespace kennel::testing
