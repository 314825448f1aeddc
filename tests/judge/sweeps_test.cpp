// Studies beside the protocol.
#include "kennel/judge/sweeps.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "test_policies.h"

namespace kennel::judge {
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
    EXPECT_EQ(cell(sweep, middle).result.velocity_rmse, nominal.velocity_rmse) << sweep.name;
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
  ASSERT_EQ(grid.result.size(), grid.yaw_rate.size());
  for (std::size_t row = 0; row < grid.yaw_rate.size(); ++row) {
    ASSERT_EQ(grid.result[row].size(), grid.vx.size());
    for (std::size_t column = 0; column < grid.vx.size(); ++column) {
      EXPECT_NEAR(grid.result[row][column].velocity_rmse, std::abs(grid.vx[column]), 0.01);
      EXPECT_NEAR(grid.result[row][column].yaw_rmse, std::abs(grid.yaw_rate[row]), 0.02);
    }
  }
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
  EXPECT_NEAR(own.velocity_rmse, reference.velocity_rmse, 0.1 * reference.velocity_rmse);
  EXPECT_NE(own.torque_rms, reference.torque_rms);
}

}  // namespace
}  // namespace kennel::judge
