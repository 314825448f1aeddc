// Environments do not run in step with each other: clocks of first episodes, and pushes.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "tests/sim/batch_fixture.h"

namespace kennel::testing {
namespace {

using namespace quadruped;

/// Commands and everything else quiet; episodes of 20 control steps that nothing but the clock
/// ends.
EnvConfig clock_config() {
  EnvConfig config = quiet_config();
  config.task.episode_seconds = 0.4f;
  config.task.random_first_clock = true;
  return config;
}

TEST(FirstClock, IsSpreadOverTheWholeEpisode) {
  SmallBatch run(clock_config(), 2000);
  std::vector<int> count(20, 0);
  for (int e = 0; e < run.n; ++e) {
    const float clock = run.batch.env(e).step;
    ASSERT_EQ(clock, std::floor(clock));
    ASSERT_GE(clock, 0.0f);
    ASSERT_LT(clock, 20.0f);
    ++count[static_cast<int>(clock)];
  }
  EXPECT_GT(*std::min_element(count.begin(), count.end()), 50) << "100 expected";
  EXPECT_LT(*std::max_element(count.begin(), count.end()), 150);
}

TEST(FirstClock, EndsTheFirstEpisodeEarlyAndLaterOnesInTime) {
  SmallBatch run(clock_config(), 64);
  std::vector<int> first_end(run.n, 0), second_end(run.n, 0), clock(run.n);
  for (int e = 0; e < run.n; ++e) clock[e] = static_cast<int>(run.batch.env(e).step);
  for (int t = 1; t <= 40; ++t) {
    run.step();
    for (int e = 0; e < run.n; ++e) {
      if (run.truncated[e] == 0 || second_end[e] != 0) continue;
      (first_end[e] == 0 ? first_end : second_end)[e] = t;
    }
  }
  for (int e = 0; e < run.n; ++e) {
    EXPECT_EQ(first_end[e], 20 - clock[e]) << e;
    EXPECT_EQ(second_end[e], first_end[e] + 20) << e;
  }
}

TEST(FirstClock, IsNotCountedAsTimeThatAnEpisodeTook) {
  SmallBatch run(clock_config(), 64);
  double steps = 0;
  for (int e = 0; e < run.n; ++e) steps += 20 - run.batch.env(e).step;
  for (int t = 0; t < 20; ++t) run.step();
  const auto stats = run.batch.drain_stats();
  EXPECT_EQ(stats.timeouts, 64);
  EXPECT_EQ(stats.finished_steps, steps);
}

TEST(FirstClock, IsZeroWhereTheRecipeSaysSo) {
  EnvConfig config = clock_config();
  config.task.random_first_clock = false;
  SmallBatch run(config, 64);
  for (int e = 0; e < run.n; ++e) EXPECT_EQ(run.batch.env(e).step, 0.0f);
}

TEST(FirstClock, DoesNotDependOnTheBatch) {
  SmallBatch all(clock_config(), 45), few(clock_config(), 3, 17, 2);
  for (int e = 0; e < 3; ++e) EXPECT_EQ(all.batch.env(17 + e).step, few.batch.env(e).step);
}

/// The control steps, of 30, in which each of some environments is pushed: every five steps.
std::vector<std::vector<int>> pushes(bool random_phase, int num_envs, int first_env = 0) {
  EnvConfig config = quiet_config();
  config.randomization.push_seconds = 0.1f;  // five control steps
  config.randomization.random_push_phase = random_phase;
  SmallBatch calm(config, num_envs, first_env);
  config.randomization.push_velocity = {3.0f, 3.0f};
  SmallBatch pushed(config, num_envs, first_env);
  std::vector<std::vector<int>> out(num_envs);
  for (int t = 0; t < 30; ++t) {
    // Both start the step in the same state, so a difference at its end is this step's push.
    pushed.batch.load_state(calm.batch.save_state());
    pushed.step();
    calm.step();
    for (int e = 0; e < num_envs; ++e) {
      const auto a = pushed.batch.env(e).physics, b = calm.batch.env(e).physics;
      if (std::memcmp(&a, &b, sizeof a) != 0) out[e].push_back(t);
    }
  }
  return out;
}

TEST(PushPhase, IsEachEnvironmentsOwnAndTheIntervalStays) {
  const auto when = pushes(true, 40);
  std::vector<int> phase(5, 0);
  for (const auto& steps : when) {
    ASSERT_GE(steps.size(), 5u);
    EXPECT_GE(steps.front(), 1) << "a robot just placed is not pushed";
    EXPECT_LE(steps.front(), 5);
    for (std::size_t k = 1; k < steps.size(); ++k) EXPECT_EQ(steps[k] - steps[k - 1], 5);
    ++phase[steps.front() % 5];
  }
  EXPECT_GT(*std::min_element(phase.begin(), phase.end()), 1) << "8 expected";
  const auto part = pushes(true, 3, 17);
  for (int e = 0; e < 3; ++e) EXPECT_EQ(part[e], when[17 + e]);
}

TEST(PushPhase, IsTheSameForAllWhereTheRecipeSaysSo) {
  for (const auto& steps : pushes(false, 10))
    EXPECT_EQ(steps, (std::vector<int>{5, 10, 15, 20, 25}));
}

}  // namespace
}  // namespace kennel::testing
