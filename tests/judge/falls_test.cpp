// Where a policy falls.
#include "kennel/judge/falls.h"

#include <gtest/gtest.h>

#include <cmath>

#include "test_policies.h"

namespace kennel::judge::falls_test {
namespace {

EvalOptions episodes(int count, Condition condition) {
  EvalOptions options;
  options.episodes = count;
  options.seed = 77;
  options.condition = condition;
  return options;
}

const DrawnQuantity& drawn(const FallStudy& study, const std::string& name) {
  for (const DrawnQuantity& quantity : study.drawn)
    if (quantity.name == name) return quantity;
  throw std::out_of_range(name);
}

TEST(Falls, ARobotThatStandsHasNone) {
  const FallStudy study = run_falls(standing_policy(), episodes(7, Condition::kNominal));
  EXPECT_EQ(study.episodes, 7);
  EXPECT_TRUE(study.falls.empty());
  EXPECT_NEAR(drawn(study, "friction").mean, kNominalFriction, 1e-12);
  EXPECT_NEAR(drawn(study, "friction").deviation, 0.0, 1e-12);
  EXPECT_TRUE(std::isnan(drawn(study, "friction").mean_of_falls));
}

TEST(Falls, AreThoseThatTheProtocolCounts) {
  for (const Condition condition : {Condition::kNominal, Condition::kRandomised}) {
    const EvalOptions options = episodes(3, condition);
    const EvalResult result = evaluate(toppling_policy(), options);
    const FallStudy study = run_falls(toppling_policy(), options);
    ASSERT_EQ(static_cast<int>(study.falls.size()), result.falls);
    ASSERT_EQ(result.falls, 3);
    double survived = 0.0;
    for (const Fall& fall : study.falls) survived += fall.time / 3;
    EXPECT_NEAR(survived, result.survival_s, 1e-9);
  }
}

TEST(Falls, SayWhatCameBefore) {
  // Episode 11 is told to stand.
  const FallStudy study = run_falls(toppling_policy(), episodes(12, Condition::kRandomised));
  ASSERT_EQ(study.falls.size(), 12u);
  for (const Fall& fall : study.falls) {
    const EpisodePlan plan =
        plan_episode(Condition::kRandomised, 77, fall.episode, toppling_policy());
    ASSERT_LT(fall.time, kPushTime) << "it topples at once";
    EXPECT_EQ(fall.command, plan.commands[0]);
    EXPECT_EQ(fall.since_command, fall.time);
    EXPECT_TRUE(std::isnan(fall.since_push));
    EXPECT_GT(std::hypot(fall.roll, fall.pitch), 0.5) << "it is nearly down by then";
    EXPECT_EQ(fall.drawn.at(0), plan.friction);
  }
}

/// Stands on stretched legs until something pushes it.
PolicyFile tall_policy() {
  PolicyFile policy = constant_policy({0, -0.6f, 0, 0, 0.6f, 0, 0, -0.6f, 0, 0, 0.6f, 0});
  policy.action_scale.fill(1.0f);
  return policy;
}

TEST(Falls, CountFromTheControlStepThatWasPushed) {
  // 5 physics steps of 4 ms: a push at 2 s is at step 100. 7: it comes at step 72, at 2.016 s.
  for (const auto& [decimation, first_push] : {std::pair{5, 2.0}, std::pair{7, 2.016}}) {
    const PolicyFile policy = at_rate(tall_policy(), decimation);
    int pushed = 0;
    for (const Fall& fall : run_falls(policy, episodes(24, Condition::kShifted)).falls) {
      if (fall.time <= first_push + 1e-9) {
        EXPECT_TRUE(std::isnan(fall.since_push)) << fall.time;
      } else if (fall.time < 3.9) {
        ++pushed;
        EXPECT_NEAR(fall.time - fall.since_push, first_push, 1e-6);
        EXPECT_EQ(fall.since_command, fall.time);
      }
    }
    EXPECT_GT(pushed, 0);
  }
}

TEST(Falls, ARobotThatIsToldToStandIsToldNothingNew) {
  int standing = 0;
  for (const Fall& fall : run_falls(tall_policy(), episodes(96, Condition::kShifted)).falls) {
    if (fall.time < kCommandTime + 0.1) continue;
    const bool stands = fall.episode % kStandingEpisodeEvery == kStandingEpisodeEvery - 1;
    standing += stands;
    EXPECT_EQ(fall.since_command == fall.time, stands) << fall.episode;
  }
  EXPECT_GT(standing, 0);
}

TEST(Falls, MeansOfThoseThatFellAreOverThem) {
  const FallStudy study = run_falls(toppling_policy(), episodes(3, Condition::kRandomised));
  for (const DrawnQuantity& quantity : study.drawn)  // all fell
    EXPECT_NEAR(quantity.mean_of_falls, quantity.mean, 1e-12) << quantity.name;
  EXPECT_GT(drawn(study, "kp").deviation, 0.01);
}

}  // namespace
}  // namespace kennel::judge::falls_test
