// Short episodes of a gait: where they begin, their gradient, bounds and falls.
#include "kennel/gradient/gait_episodes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include "envs/robots.h"
#include "kennel/core/check.h"
#include "kennel/gradient/gait_return.h"
#include "kennel/model/mjcf.h"

namespace kennel::gradient {
namespace {

using namespace kennel::gait;

const quadruped::RobotTraits& traits() { return robot_named("pupper_v3"); }

const Quadruped<double>& pupper() {
  static const Quadruped<double> model =
      load_quadruped(std::string(KENNEL_SOURCE_DIR) + "/envs/pupper_v3/pupper_v3.xml").model;
  return model;
}

GaitEpisodeSetup any_command() {
  return {.model = pupper(),
          .body = quadruped::gait_body(pupper(), traits().pose),
          .stance_height = traits().stance_height,
          .env = {}};
}

GaitEpisodeSetup straight_ahead() {
  GaitEpisodeSetup setup = any_command();
  quadruped::CommandConfig& command = setup.env.command;
  command.range[0] = {0.4f, 0.4f};
  command.range[1] = command.range[2] = {0.0f, 0.0f};
  command.standing_fraction = command.scaled_fraction = command.axis_fraction = 0.0f;
  return setup;
}

/// Parameters near those of the first gait, off the moments where a foot lifts off or touches down.
std::vector<double> parameters(std::uint32_t which) {
  std::vector<double> x(kNumNumbers);
  draw({11, 0}, which, x);
  for (double& each : x) each *= 0.05;
  return x;
}

TEST(GaitEpisodes, HaveTheGradientOfCentralDifferences) {
  const GaitEpisodes episodes(straight_ahead());
  constexpr int kHorizon = 8, kEpisodes = 6;
  int apart = 0;
  for (std::uint32_t e = 0; e < kEpisodes; ++e) {
    std::vector<double> x = parameters(e), gradient(kNumNumbers);
    const GaitStart start = episodes.start(x, {1, e});
    const double pay = episodes.gradient(x, start, kHorizon, gradient).pay;
    EXPECT_NEAR(pay, episodes.value(x, start, kHorizon), 1e-4);
    EXPECT_GT(pay, 0.5 * 1.5 * kHorizon);  // it walks; 1.5 a step is all there is
    for (int i = 0; i < kNumNumbers; ++i) {
      constexpr double h = 1e-6;
      std::vector<double> ahead = x, behind = x;
      ahead[i] += h;
      behind[i] -= h;
      const double quotient =
          (episodes.value(ahead, start, kHorizon) - episodes.value(behind, start, kHorizon)) /
          (2 * h);
      apart += std::abs(gradient[i] - quotient) > 1e-3 * (1 + std::abs(quotient));
    }
  }
  EXPECT_LE(apart, 3) << "of " << kEpisodes * kNumNumbers;  // a contact that changes within h
}

/// The same control steps as `gait_return` has, which walks by the same text.
TEST(GaitEpisodes, PayWhatTheGaitsReturnIs) {
  GaitEpisodeSetup of = straight_ahead();
  of.env.task.action_scale = 3.0f;  // no target is out of reach
  of.env.task.target_margin = 0.0f;
  const GaitEpisodes episodes(of);
  const std::vector<double> x(kNumNumbers, 0.0);
  const GaitStart start = episodes.start(x, {1, 2});
  const double a_step = 0.02 * kTerms[kFrequency].start;
  const GaitSetup setup{.model = pupper(),
                        .pose = traits().pose,
                        .stance_height = traits().stance_height,
                        .command = start.command,
                        .warm_up = static_cast<int>(std::lround(start.cycle / a_step)),
                        .horizon = 8};
  std::vector<double> ours(kNumNumbers), theirs(kNumNumbers);
  const GaitOutcome outcome = episodes.gradient(x, start, 8, ours);
  EXPECT_NEAR(outcome.pay, gait_return(setup).gradient(x, theirs), 1e-9);
  EXPECT_FALSE(outcome.fallen);
  for (int i = 0; i < kNumNumbers; ++i) EXPECT_NEAR(ours[i], theirs[i], 1e-9) << kTerms[i].name;
}

TEST(GaitEpisodes, BeginAsTheirKeySays) {
  const GaitEpisodes episodes(any_command());
  const std::vector<double> x = parameters(0);
  const GaitStart one = episodes.start(x, {5, 7}), same = episodes.start(x, {5, 7});
  EXPECT_EQ(one.command, same.command);
  EXPECT_EQ(one.cycle, same.cycle);
  EXPECT_EQ(one.state.position.x, same.state.position.x);
  const std::uint64_t far = std::uint64_t{1} << 32;
  for (const GaitEpisode other : {GaitEpisode{5, 8}, {6, 7}, {5 + far, 7}, {5, 7 + far}}) {
    const GaitStart start = episodes.start(x, other);
    EXPECT_NE(start.state.position.x, one.state.position.x);
  }
}

TEST(GaitEpisodes, BeginAllOverTheClockWithinTheRangesOfCommands) {
  const GaitEpisodeSetup setup = any_command();
  const GaitEpisodes episodes(setup);
  const std::vector<double> x(kNumNumbers, 0.0);
  std::set<double> clocks;
  int standing = 0;
  for (std::uint64_t e = 0; e < 60; ++e) {
    const GaitStart start = episodes.start(x, {3, e});
    const double seconds = start.cycle / kTerms[kFrequency].start;
    EXPECT_GE(seconds, 0.5 - 1e-9);
    EXPECT_LE(seconds, 1.5 + 1e-9);
    clocks.insert(start.cycle);
    for (int i = 0; i < 3; ++i) {
      EXPECT_GE(start.command[i], setup.env.command.range[i].low);
      EXPECT_LE(start.command[i], setup.env.command.range[i].high);
    }
    standing += start.command == std::array<double, 3>{};
  }
  EXPECT_GT(clocks.size(), 20u);
  EXPECT_GT(standing, 0);
  EXPECT_LT(standing, 20);  // a tenth is to be
}

TEST(GaitEpisodes, HaveTheOneCommandThatARecipeFixes) {
  const GaitEpisodes episodes(straight_ahead());
  const std::array<double, 3> told = {0.4f, 0.0, 0.0};
  for (std::uint64_t e = 0; e < 5; ++e)
    EXPECT_EQ(episodes.start(parameters(1), {9, e}).command, told);
}

TEST(GaitEpisodes, HaveNoDerivativeByANumberBeyondItsBounds) {
  const GaitEpisodes episodes(straight_ahead());
  std::vector<double> x = parameters(2), at_bound = x, gradient(kNumNumbers);
  x[kSwingHeight] = -2.0;  // would be -3 cm
  at_bound[kSwingHeight] = -1.0;
  EXPECT_EQ(gait_numbers(x)[kSwingHeight], 0.0);
  EXPECT_EQ(gait_numbers(std::vector<double>(kNumNumbers, 100.0))[kDuty], kTerms[kDuty].high);
  EXPECT_DOUBLE_EQ(gait_numbers(x)[kDuty], kTerms[kDuty].start + kTerms[kDuty].step * x[kDuty]);
  const GaitStart start = episodes.start(x, {1, 0});
  episodes.gradient(x, start, 8, gradient);
  EXPECT_EQ(gradient[kSwingHeight], 0.0);
  EXPECT_NE(gradient[kHeight], 0.0);
  EXPECT_NEAR(episodes.value(x, start, 8), episodes.value(at_bound, start, 8), 1e-9);
}

/// High up in the air, turning over: by 0.9 rad after some six control steps.
GaitStart turning(GaitStart start) {
  start.state.position.z += 1.0;
  start.state.omega.x = 8.0;
  return start;
}

TEST(GaitEpisodes, AreNotPaidAfterAFall) {
  GaitEpisodeSetup setup = straight_ahead();
  const GaitEpisodes episodes(setup);
  setup.env.task.max_tilt = 3.2f;
  const GaitEpisodes never_down(setup);
  const std::vector<double> x = parameters(3);
  const GaitStart start = turning(episodes.start(x, {1, 0}));
  std::vector<double> brief(kNumNumbers), whole(kNumNumbers);
  const GaitOutcome at_first = episodes.gradient(x, start, 8, brief);
  EXPECT_NE(at_first.pay, 0.0);
  EXPECT_TRUE(at_first.fallen);
  const GaitOutcome later = episodes.gradient(x, start, 16, whole);
  EXPECT_EQ(later.pay, at_first.pay);
  EXPECT_TRUE(later.fallen);
  EXPECT_EQ(brief, whole);
  EXPECT_NE(never_down.value(x, start, 16), never_down.value(x, start, 8));
}

TEST(GaitEpisodes, HaveNeitherPayNorGradientWhereTheyBeginFallen) {
  GaitEpisodeSetup setup = straight_ahead();
  setup.env.task.min_height = 1.0f;
  const GaitEpisodes episodes(setup);
  const std::vector<double> x = parameters(4);
  std::vector<double> gradient(kNumNumbers, 1.0);
  const GaitStart start = episodes.start(x, {1, 0});
  EXPECT_TRUE(start.fallen);
  const GaitOutcome outcome = episodes.gradient(x, start, 8, gradient);
  EXPECT_EQ(outcome.pay, 0.0);
  EXPECT_TRUE(outcome.fallen);
  EXPECT_EQ(gradient, std::vector<double>(kNumNumbers, 0.0));
  EXPECT_EQ(episodes.value(x, start, 8), 0.0);
}

/// As the environments do: an action reaches so far, and no further.
TEST(GaitEpisodes, KeepTargetsWithinTheReachOfActions) {
  GaitEpisodeSetup setup = straight_ahead();
  const GaitEpisodes free(setup);
  setup.env.task.action_scale = 0.05f;
  const GaitEpisodes tied(setup);
  const std::vector<double> x(kNumNumbers, 0.0);  // a gait that walks
  const GaitStart start = free.start(x, {1, 0});
  EXPECT_LT(tied.value(x, start, 16), free.value(x, start, 16));  // no more steps of 10 cm
}

TEST(GaitEpisodes, AreRefusedForRobotsWithManyContactPoints) {
  GaitEpisodeSetup setup = any_command();
  EXPECT_EQ(GaitEpisodes::why_not(setup.model), "");
  setup.model.leg[0].num_spheres = kFewPoints + 1;
  EXPECT_NE(GaitEpisodes::why_not(setup.model).find("at most 2 contact points a leg"),
            std::string::npos);
  EXPECT_THROW(GaitEpisodes{setup}, Error);
  EXPECT_THROW(gait_return({.model = setup.model, .pose = traits().pose}), Error);
}

}  // namespace
}  // namespace kennel::gradient
