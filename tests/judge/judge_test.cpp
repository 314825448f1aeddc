#include "kennel/judge/judge.h"

#include <gtest/gtest.h>

#include <cmath>

#include "kennel/core/check.h"
#include "kennel/judge/episode_pool.h"
#include "kennel/policy/first_format.h"
#include "test_policies.h"
#include "tests/io/temp_folder.h"

namespace kennel::judge::judge_test {
namespace {

EvalOptions options(Condition condition, int episodes, int threads = 2) {
  EvalOptions result;
  result.episodes = episodes;
  result.seed = 12345;
  result.threads = threads;
  result.condition = condition;
  return result;
}

void expect_same(const EvalResult& a, const EvalResult& b) {
  EXPECT_EQ(a.falls, b.falls);
  EXPECT_EQ(a.pair_rmse, b.pair_rmse);
  EXPECT_EQ(a.third_rmse, b.third_rmse);
  EXPECT_EQ(a.standing_drift, b.standing_drift);
  EXPECT_EQ(a.standing_steps, b.standing_steps);
  EXPECT_EQ(a.torque_rms, b.torque_rms);
  EXPECT_EQ(a.action_rate_rms, b.action_rate_rms);
  EXPECT_EQ(a.survival_s, b.survival_s);
}

TEST(Judge, GivesTheSameNumbersWhateverTheThreadCount) {
  constexpr int kEpisodes = 12;  // the last of which stands
  for (const ConditionInfo& condition : kConditions) {
    const auto play = [&](int threads) {
      return evaluate(trembling_policy(), options(condition.condition, kEpisodes, threads));
    };
    const EvalResult one = play(1);
    for (const int threads : {3, 16}) expect_same(one, play(threads));
  }
}

TEST(Judge, GivesOtherNumbersForAnotherSeed) {
  EvalOptions other = options(Condition::kRandomised, 3);
  const EvalResult first = evaluate(trembling_policy(), other);
  other.seed += 1;
  EXPECT_NE(first.pair_rmse, evaluate(trembling_policy(), other).pair_rmse);
}

TEST(Judge, APolicyThatStandsErrsByTheCommandsAndDoesNotDrift) {
  constexpr int kEpisodes = 13;
  const EvalResult result = evaluate(standing_policy(), options(Condition::kNominal, kEpisodes));
  double velocity_sq = 0.0, yaw_sq = 0.0;
  for (int episode = 0; episode < kEpisodes; ++episode) {
    for (const Command& c :
         plan_episode(Condition::kNominal, 12345, episode, first_format_robot()).commands) {
      velocity_sq += (c[0] * c[0] + c[1] * c[1]) / (kCommands * kEpisodes);
      yaw_sq += c[2] * c[2] / (kCommands * kEpisodes);
    }
  }
  EXPECT_EQ(result.falls, 0);
  EXPECT_NEAR(result.pair_rmse, std::sqrt(velocity_sq), 0.002);
  EXPECT_NEAR(result.third_rmse, std::sqrt(yaw_sq), 0.01);
  EXPECT_LT(result.standing_drift, 0.003);
  EXPECT_EQ(result.standing_steps, 0.0);
  EXPECT_EQ(result.action_rate_rms, 0.0);
  EXPECT_GT(result.torque_rms, 0.05);  // it carries its weight
  EXPECT_DOUBLE_EQ(result.survival_s, 12.0);
}

TEST(Judge, TellsStepsAtRestFromThoseOfAWalk) {
  EpisodeStats standing, walking;
  for (EpisodeStats* e : {&standing, &walking}) {
    e->decimation = 5;
    e->control_dt = 0.02;
    e->steps = 600;
    e->gait_time = 11.0;
  }
  standing.standing = true;
  standing.touch_downs = 22;
  walking.touch_downs = 88;
  const EvalResult result = summarise({standing, walking}, first_format_robot());
  EXPECT_DOUBLE_EQ(result.standing_steps, 22 / (11.0 * 4));
  EXPECT_DOUBLE_EQ(result.step_frequency, 88 / (11.0 * 4));
}

TEST(Judge, CountsEveryFallOfAPolicyThatAlwaysFalls) {
  const EvalResult result = evaluate(toppling_policy(), options(Condition::kRandomised, 6));
  EXPECT_EQ(result.episodes, 6);
  EXPECT_EQ(result.falls, 6);
  EXPECT_EQ(result.diverged, 0);
  EXPECT_LT(result.survival_s, 6.0);
}

TEST(Judge, AveragesOverTheEpisodeThenOverEpisodesThenTakesTheRoot) {
  const PolicyFile policy = trembling_policy();
  const EvalOptions o = options(Condition::kRandomised, 4);
  const JudgeModel judge =
      load_judge_model(KENNEL_SOURCE_DIR "/envs/pupper_v3/pupper_v3.xml", first_format_robot());
  EpisodePlayer player(judge, policy);
  double velocity_sq = 0.0;
  for (int episode = 0; episode < o.episodes; ++episode) {
    const EpisodeStats stats =
        player.play(plan_episode(o.condition, o.seed, episode, first_format_robot()),
                    EpisodeRandom(o.seed, episode));
    velocity_sq += stats.pair_error_sq / stats.scored_steps / o.episodes;
  }
  EXPECT_NEAR(evaluate(policy, o).pair_rmse, std::sqrt(velocity_sq), 1e-12);
}

TEST(Judge, ReportsProgressUpToTheLastEpisode) {
  EvalOptions o = options(Condition::kNominal, 3);
  int last = 0;
  o.on_progress = [&](int done) {
    EXPECT_GE(done, last);
    last = done;
  };
  evaluate(standing_policy(), o);
  EXPECT_EQ(last, 3);
}

TEST(Judge, RefusesOptionsOutOfRange) {
  EXPECT_NE(error_of([] {
              evaluate(standing_policy(), options(Condition::kNominal, 0));
            }).find("episodes = 0"),
            std::string::npos);
  EXPECT_NE(error_of([] {
              evaluate(standing_policy(), options(Condition::kNominal, 1, -1));
            }).find("threads = -1"),
            std::string::npos);
}

}  // namespace
}  // namespace kennel::judge::judge_test
