// A gait in the judge's hands.
#include <gtest/gtest.h>

#include "kennel/judge/episode.h"
#include "kennel/policy/first_format.h"
#include "trotting_policy.h"

namespace kennel::judge::gait_episode_test {
namespace {

constexpr const char* kModel = KENNEL_SOURCE_DIR "/envs/pupper_v3/pupper_v3.xml";

EpisodePlan straight_ahead(double speed) {
  EpisodePlan plan = plan_episode(Condition::kNominal, 1, 1, first_format_robot());
  plan.commands = {{{speed, 0.0, 0.0}, {speed, 0.0, 0.0}, {speed, 0.0, 0.0}}};
  return plan;
}

TEST(GaitEpisode, WalksAheadAsItIsTold) {
  const JudgeModel judge = load_judge_model(kModel, first_format_robot());
  const PolicyFile policy = trotting_policy();
  EpisodePlayer player(judge, policy);
  const EpisodeStats stats = player.play(straight_ahead(0.4), EpisodeRandom(1, 1));
  EXPECT_FALSE(stats.fell);
  ASSERT_GT(stats.way_time, 5.0);
  EXPECT_GT(stats.way / stats.way_time, 0.12);  // no search has been at it
  EXPECT_LT(stats.pair_error_sq / stats.scored_steps, 0.5 * 0.4 * 0.4);
}

// Its clock starts with the episode, not with the player.
TEST(GaitEpisode, IsTheSameHoweverManyWerePlayedBefore) {
  const JudgeModel judge = load_judge_model(kModel, first_format_robot());
  const PolicyFile policy = trotting_policy();
  EpisodePlayer player(judge, policy), other(judge, policy);
  const EpisodePlan plan = straight_ahead(0.3);
  const EpisodeStats first = player.play(plan, EpisodeRandom(1, 1));
  EXPECT_EQ(player.play(plan, EpisodeRandom(1, 1)), first);
  other.play(straight_ahead(0.1), EpisodeRandom(1, 2));
  EXPECT_EQ(other.play(plan, EpisodeRandom(1, 1)), first);
}

}  // namespace
}  // namespace kennel::judge::gait_episode_test
