// Studies beside the protocol.
#include "kennel/judge/sweeps.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "kennel/judge/episode_pool.h"
#include "kennel/policy/first_format.h"
#include "test_policies.h"

namespace kennel::judge::sweeps_test {
namespace {

EvalOptions two_episodes() {
  EvalOptions options;
  options.episodes = 2;
  options.seed = 77;
  return options;
}

const SweepCell& cell(const Sweep& sweep, double value) {
  for (const SweepCell& c : sweep.cells)
    if (c.value == value) return c;
  throw std::out_of_range(sweep.name);
}

TEST(Sweeps, CoverTheirRangesAndMeetTheProtocolAtTheNominalValue) {
  const std::vector<Sweep> sweeps = run_sweeps(trembling_policy(), two_episodes());
  const EvalResult nominal = evaluate(trembling_policy(), two_episodes());
  const std::map<std::string, std::array<double, 3>> expected = {
      // lowest, nominal, highest
      {"friction", {0.3, 0.8, 1.5}}, {"action latency", {0, 0, 40}}, {"IMU latency", {0, 0, 40}},
      {"mass", {0.8, 1.0, 1.4}},     {"strength", {0.6, 1.0, 1.1}},  {"push", {0, 0, 1.0}}};
  ASSERT_EQ(sweeps.size(), expected.size());
  for (const Sweep& sweep : sweeps) {
    const auto& [low, middle, high] = expected.at(sweep.name);
    EXPECT_EQ(sweep.cells.front().value, low) << sweep.name;
    EXPECT_EQ(sweep.cells.back().value, high) << sweep.name;
    EXPECT_EQ(cell(sweep, middle).result.pair_rmse, nominal.pair_rmse) << sweep.name;
    EXPECT_EQ(cell(sweep, middle).result.torque_rms, nominal.torque_rms) << sweep.name;
    std::set<double> torques;
    for (const SweepCell& c : sweep.cells) {
      EXPECT_EQ(c.result.episodes, 2);
      torques.insert(c.result.torque_rms);
    }
    EXPECT_EQ(torques.size(), sweep.cells.size()) << sweep.name << ": each value must matter";
  }
}

TEST(Sweeps, AGridsCellErrsByItsCommandWhereTheRobotStands) {
  EvalOptions options = two_episodes();
  options.episodes = 1;
  const CommandGrid grid = run_grid(standing_policy(), options);
  ASSERT_EQ(grid.result.size(), grid.third.size());
  for (std::size_t row = 0; row < grid.third.size(); ++row) {
    ASSERT_EQ(grid.result[row].size(), grid.first.size());
    for (std::size_t column = 0; column < grid.first.size(); ++column) {
      EXPECT_NEAR(grid.result[row][column].pair_rmse, std::abs(grid.first[column]), 0.01);
      EXPECT_NEAR(grid.result[row][column].third_rmse, std::abs(grid.third[row]), 0.02);
    }
  }
}

TEST(Slow, ARobotThatStandsErrsByTheCommandItself) {
  EvalOptions options = two_episodes();
  const SlowStudy study = run_slow(standing_policy(), options);
  ASSERT_EQ(study.cells.size(), 9u);
  for (const SlowCell& cell : study.cells) {
    EXPECT_EQ(cell.result.episodes, 2);
    EXPECT_NEAR(cell.result.pair_rmse, std::hypot(cell.command[0], cell.command[1]), 0.005);
    EXPECT_NEAR(cell.result.third_rmse, std::abs(cell.command[2]), 0.01);
  }
  EXPECT_NEAR(study.worst_pair_rmse, 0.25, 0.005);
  EXPECT_NEAR(study.worst_third_rmse, 0.5, 0.01);
  EXPECT_EQ(study.episodes, 18);
  EXPECT_EQ(study.falls, 0);
}

TEST(Slow, FallsAreCountedAndAnErrorWithoutDataIsTheWorst) {
  EvalOptions options = two_episodes();
  options.episodes = 1;
  const SlowStudy study = run_slow(toppling_policy(), options);
  EXPECT_EQ(study.falls, 9);
  bool without = false;
  for (const SlowCell& cell : study.cells) without |= std::isnan(cell.result.pair_rmse);
  EXPECT_EQ(std::isnan(study.worst_pair_rmse), without);
}

/// What a constant command gives, played by hand.
EvalResult by_hand(const PolicyFile& policy, const EvalOptions& options, const Command& command,
                   bool noise) {
  const EpisodePlans plans{options.episodes, options.seed, [&](int episode) {
                             EpisodePlan plan = plan_episode(Condition::kNominal, options.seed,
                                                             episode, first_format_robot());
                             plan.standing = false;
                             plan.noise = noise;
                             plan.commands.fill(command);
                             return plan;
                           }};
  return summarise(
      play_episodes(load_judge_model(options, first_format_robot()), policy, options, plans),
      policy);
}

TEST(Sweeps, ConstantCommandsArePlayedWithSensorNoise) {
  // Without it a mirror-symmetric policy under a command in its plane of symmetry is no test.
  EvalOptions options = two_episodes();
  options.episodes = 1;
  const PolicyFile policy = trembling_policy();
  const double forward = run_grid(policy, options).result[2][6].torque_rms;  // 0.75 m/s, no turn
  EXPECT_EQ(forward, by_hand(policy, options, {0.75, 0.0, 0.0}, true).torque_rms);
  EXPECT_NE(forward, by_hand(policy, options, {0.75, 0.0, 0.0}, false).torque_rms);
  EXPECT_EQ(run_slow(policy, options).cells[0].result.torque_rms,
            by_hand(policy, options, {-0.25, 0.0, 0.0}, true).torque_rms);
}

TEST(Sweeps, TrackingMeasuresNothingWhereTheRobotStands) {
  for (const TrackingCurve& curve : run_tracking(standing_policy(), two_episodes())) {
    ASSERT_EQ(curve.measured.size(), curve.command.size());
    EXPECT_NEAR(curve.command.front(), -curve.command.back(), 1e-12);
    for (const double measured : curve.measured) EXPECT_NEAR(measured, 0.0, 0.005) << curve.axis;
  }
}

TEST(Gait, AStandingRobotPaysNoWorkAndATremblingOneDoes) {
  const EvalResult standing = evaluate(standing_policy(), two_episodes());
  const EvalResult trembling = evaluate(trembling_policy(), two_episodes());
  EXPECT_EQ(standing.step_frequency, 0.0);
  EXPECT_LT(standing.foot_slip, 0.002);
  EXPECT_GT(trembling.foot_slip, standing.foot_slip);
  EXPECT_TRUE(std::isnan(standing.cost_of_transport));
}

TEST(Judge, BothPhysicsGiveATremblingRobotSimilarScores) {
  EvalOptions options = two_episodes();
  const EvalResult reference = evaluate(trembling_policy(), options);
  options.physics = Physics::kKennel;
  const EvalResult own = evaluate(trembling_policy(), options);
  EXPECT_NEAR(own.torque_rms, reference.torque_rms, 0.05 * reference.torque_rms);
  EXPECT_NEAR(own.pair_rmse, reference.pair_rmse, 0.1 * reference.pair_rmse);
  EXPECT_NE(own.torque_rms, reference.torque_rms);
}

}  // namespace
}  // namespace kennel::judge::sweeps_test
