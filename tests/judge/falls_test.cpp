// Where a policy falls.
#include "kennel/judge/falls.h"

#include <gtest/gtest.h>

#include <cmath>

#include "test_policies.h"

namespace kennel::judge {
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
  const FallStudy study = run_falls(standing_policy(), episodes(2, Condition::kNominal));
  EXPECT_EQ(study.episodes, 2);
  EXPECT_TRUE(study.falls.empty());
  EXPECT_EQ(drawn(study, "friction").mean, kNominalFriction);
  EXPECT_EQ(drawn(study, "friction").deviation, 0.0);
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
  const FallStudy study = run_falls(toppling_policy(), episodes(3, Condition::kRandomised));
  for (const Fall& fall : study.falls) {
    const EpisodePlan plan =
        plan_episode(Condition::kRandomised, 77, fall.episode, toppling_policy());
    EXPECT_EQ(fall.command, plan.commands[static_cast<int>(fall.time / kCommandTime)]);
    EXPECT_NEAR(std::fmod(fall.time, kCommandTime), fall.since_command, 1e-9);
    if (fall.time < kPushTime) {
      EXPECT_TRUE(std::isnan(fall.since_push));
    } else {
      EXPECT_NEAR(std::fmod(fall.time, kPushTime), fall.since_push, 1e-9);
    }
    EXPECT_GT(std::hypot(fall.roll, fall.pitch), 0.5) << "it is nearly down by then";
    EXPECT_EQ(fall.drawn.at(0), plan.friction);
  }
}

TEST(Falls, SayHowLongAgoThePushWas) {
  // Stands on stretched legs until something pushes it.
  PolicyFile tall = constant_policy({0, -0.6f, 0, 0, 0.6f, 0, 0, -0.6f, 0, 0, 0.6f, 0});
  tall.action_scale.fill(1.0f);
  const FallStudy study = run_falls(tall, episodes(24, Condition::kShifted));
  int pushed = 0;
  for (const Fall& fall : study.falls)
    if (fall.time > kPushTime) {
      ++pushed;
      EXPECT_NEAR(std::fmod(fall.time, kPushTime), fall.since_push, 1e-9);
    }
  EXPECT_GT(pushed, 0);
}

TEST(Falls, MeansOfThoseThatFellAreOverThem) {
  const FallStudy study = run_falls(toppling_policy(), episodes(3, Condition::kRandomised));
  for (const DrawnQuantity& quantity : study.drawn)  // all fell
    EXPECT_NEAR(quantity.mean_of_falls, quantity.mean, 1e-12) << quantity.name;
  EXPECT_GT(drawn(study, "kp").deviation, 0.01);
}

}  // namespace
}  // namespace kennel::judge
