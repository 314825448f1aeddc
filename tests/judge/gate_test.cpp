// The gates: their limits, what of a judgement meets them, and which of a training's policies does
// first.
#include "kennel/judge/gate.h"

#include <gmock/gmock.h>

#include <cmath>

#include "kennel/core/check.h"
#include "kennel/judge/first_pass.h"
#include "test_policies.h"

namespace kennel::judge::gate_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

EvalResult scored(double velocity, double yaw, int falls, int episodes = 96) {
  EvalResult result;
  result.episodes = episodes;
  result.falls = falls;
  result.pair_rmse = velocity;
  result.third_rmse = yaw;
  return result;
}

SlowStudy slow(double velocity, double yaw) { return {{}, velocity, yaw, 144, 0}; }

/// Every number at its limit.
Judgement just_passing() { return {scored(0.15, 0.25, 0), scored(9.0, 9.0, 3), slow(0.10, 0.15)}; }

TEST(Gate, WhatIsAtEveryLimitPassesAndWhatIsBeyondAnyOneDoesNot) {
  const PolicyFile robot = standing_policy();
  ASSERT_TRUE(passes(Gate::kWalks, just_passing(), robot));
  ASSERT_TRUE(passes(Gate::kObeys, just_passing(), robot));
  EXPECT_EQ(missed(Gate::kObeys, just_passing(), robot), "");
  struct Case {
    void (*spoil)(Judgement&);
    Gate gate;  // the first that misses it
    const char* told;
  };
  using J = Judgement;
  const std::vector<Case> cases = {
      {[](J& j) { j.nominal->pair_rmse = 0.151; }, Gate::kWalks, "nominal velocity 0.151"},
      {[](J& j) { j.nominal->third_rmse = 0.251; }, Gate::kWalks, "nominal yaw 0.251"},
      {[](J& j) { j.nominal->falls = 1; }, Gate::kWalks, "nominal falls 1"},
      {[](J& j) { j.randomised->falls = 4; }, Gate::kWalks, "randomised falls 4"},
      {[](J& j) { j.slow->worst_pair_rmse = 0.101; }, Gate::kObeys, "slow velocity 0.101"},
      {[](J& j) { j.slow->worst_third_rmse = 0.151; }, Gate::kObeys, "slow yaw 0.151"},
      {[](J& j) { j.nominal->pair_rmse = std::nan(""); }, Gate::kWalks, "nominal velocity nan"}};
  ASSERT_EQ(cases.size(), limits().size() + 1);
  for (const Case& one : cases) {
    Judgement judgement = just_passing();
    one.spoil(judgement);
    EXPECT_EQ(passes(Gate::kWalks, judgement, robot), one.gate == Gate::kObeys) << one.told;
    EXPECT_FALSE(passes(Gate::kObeys, judgement, robot)) << one.told;
    EXPECT_THAT(missed(Gate::kObeys, judgement, robot), HasSubstr(one.told));
  }
}

TEST(Gate, WhatWasNotPlayedIsNeitherPassedNorMissed) {
  const PolicyFile robot = standing_policy();
  EXPECT_FALSE(passes(Gate::kWalks, {}, robot));
  EXPECT_EQ(missed(Gate::kWalks, {}, robot), "");
  Judgement judgement = just_passing();
  judgement.slow.reset();
  EXPECT_TRUE(passes(Gate::kWalks, judgement, robot));
  EXPECT_FALSE(passes(Gate::kObeys, judgement, robot));
}

TEST(Gate, FallsCountAsAShareAndSpeedsAsTheRobotIsLarge) {
  PolicyFile robot = standing_policy();
  Judgement judgement = just_passing();
  judgement.randomised = scored(0, 0, 15, 480);
  EXPECT_TRUE(passes(Gate::kWalks, judgement, robot));
  judgement.randomised->falls = 16;
  EXPECT_FALSE(passes(Gate::kWalks, judgement, robot));
  robot.size = 4.0;  // twice as fast, turns half as fast
  judgement = {scored(0.30, 0.125, 0), scored(0, 0, 3), slow(0.20, 0.075)};
  EXPECT_TRUE(passes(Gate::kObeys, judgement, robot));
  judgement.nominal->third_rmse = 0.126;
  EXPECT_THAT(missed(Gate::kObeys, judgement, robot),
              HasSubstr("nominal yaw 0.126 rad/s (at most 0.125)"));
}

TEST(Gate, PlaysNoMoreThanWhatDecides) {
  EvalOptions options;
  options.episodes = 24;
  options.seed = 77;
  Judgement walks;
  play_for(Gate::kWalks, standing_policy(), options, walks);
  EXPECT_EQ(walks.nominal->episodes, 4);  // stands where it is told to walk
  EXPECT_FALSE(walks.randomised || walks.slow);
  options.episodes = 4;
  EXPECT_EQ(walks.nominal->pair_rmse, evaluate(standing_policy(), options).pair_rmse);
  options.episodes = 24;
  EXPECT_FALSE(passes(Gate::kWalks, {evaluate(standing_policy(), options), scored(0, 0, 0), {}},
                      standing_policy()));
  // The slow commands come first where they are asked for, and nothing is played twice.
  Judgement obeys;
  play_for(Gate::kObeys, standing_policy(), options, obeys);
  EXPECT_EQ(obeys.slow->episodes, 9 * 4);
  EXPECT_FALSE(obeys.nominal);
  obeys = just_passing();
  play_for(Gate::kObeys, standing_policy(), options, obeys);
  EXPECT_EQ(obeys.nominal->pair_rmse, 0.15);
}

TEST(Gate, WhatPassesIsPlayedInFull) {
  PolicyFile robot = standing_policy();
  for (CommandTerm& term : robot.command) term.range = {0.0f, 0.0f};  // told to stand, it stands
  EvalOptions options;
  options.episodes = 12;
  options.seed = 77;
  Judgement judgement;
  play_for(Gate::kWalks, robot, options, judgement);
  EXPECT_EQ(judgement.nominal->episodes, 12);
  ASSERT_TRUE(judgement.randomised);
  EXPECT_EQ(judgement.randomised->episodes, 12);
  EXPECT_EQ(passes(Gate::kWalks, judgement, robot), judgement.randomised->falls == 0);
}

TEST(Gate, ARobotThatIsToldAnotherThingIsRefused) {
  Judgement judgement;
  EXPECT_THROW(play_for(Gate::kWalks, standing_pose_policy(), {}, judgement), Error);
}

/// A training whose k-th policy gets the k-th judgement.
struct Staged {
  std::vector<Judgement> judgements;
  std::vector<Gate> asked{};
  int at = -1;

  FirstPasses run(Gate until) {
    at = -1;
    return first_passes({[this]() -> std::optional<PolicyFile> {
                           if (++at >= static_cast<int>(judgements.size())) return {};
                           return standing_policy();
                         },
                         [this](Gate gate, const PolicyFile&, Judgement& judgement) {
                           asked.push_back(gate);
                           judgement = judgements[static_cast<std::size_t>(at)];
                         }},
                        until);
  }
};

Judgement only_walking() { return {scored(0.15, 0.25, 0), scored(0, 0, 3), slow(0.2, 0.15)}; }
Judgement standing() { return {scored(0.5, 1.0, 0), {}, {}}; }

TEST(FirstPass, IsFoundForEachGateAndNothingIsTrainedBeyondTheLast) {
  Staged staged{{standing(), only_walking(), standing(), just_passing(), standing()}};
  const FirstPasses found = staged.run(Gate::kObeys);
  EXPECT_EQ(found[Gate::kWalks]->candidate, 1);
  EXPECT_EQ(found[Gate::kObeys]->candidate, 3);
  EXPECT_EQ(found[Gate::kWalks]->judgement.slow->worst_pair_rmse, 0.2);
  EXPECT_EQ(found.judged, 4);
  EXPECT_EQ(staged.at, 3);
  EXPECT_THAT(staged.asked,
              ElementsAre(Gate::kWalks, Gate::kWalks, Gate::kObeys, Gate::kObeys, Gate::kObeys));
  EXPECT_EQ(found.missed, "");
}

TEST(FirstPass, OnePolicyCanPassBothAndOneGateCanBeEnough) {
  Staged both{{standing(), just_passing(), just_passing()}};
  const FirstPasses found = both.run(Gate::kObeys);
  EXPECT_EQ(found[Gate::kWalks]->candidate, 1);
  EXPECT_EQ(found[Gate::kObeys]->candidate, 1);
  const FirstPasses walks = Staged{{standing(), just_passing()}}.run(Gate::kWalks);
  EXPECT_EQ(walks[Gate::kWalks]->candidate, 1);
  EXPECT_FALSE(walks[Gate::kObeys]);
}

TEST(FirstPass, WhatNeverPassesSaysWhatItMissedLast) {
  const FirstPasses never = Staged{{standing(), standing()}}.run(Gate::kObeys);
  EXPECT_FALSE(never[Gate::kWalks]);
  EXPECT_EQ(never.judged, 2);
  EXPECT_THAT(never.missed, HasSubstr("nominal velocity 0.5 m/s (at most 0.15)"));
  const FirstPasses half = Staged{{only_walking(), standing()}}.run(Gate::kObeys);
  EXPECT_TRUE(half[Gate::kWalks]);
  EXPECT_FALSE(half[Gate::kObeys]);
  EXPECT_FALSE(Staged{{}}.run(Gate::kObeys)[Gate::kWalks]);
}

}  // namespace
}  // namespace kennel::judge::gate_test
