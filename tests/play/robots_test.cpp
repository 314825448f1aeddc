#include "kennel/play/robots.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "kennel/judge/episode_pool.h"
#include "kennel/policy/first_format.h"
#include "tests/io/temp_folder.h"
#include "tests/judge/big_robot.h"
#include "tests/judge/trotting_policy.h"

namespace kennel::play {
namespace {

using judge::Physics;

class RobotsTest : public testing::TestWithParam<Physics> {
 protected:
  RobotsTest() : judge_(judge::load_judge_model(judge::EvalOptions{}, first_format_robot())) {}

  RobotsOptions options(int count) const {
    RobotsOptions result;
    result.physics = GetParam();
    result.count = count;
    return result;
  }

  judge::JudgeModel judge_;
};

INSTANTIATE_TEST_SUITE_P(Both, RobotsTest,
                         testing::Values(Physics::kMujoco, Physics::kKennel, Physics::kExact),
                         [](const auto& info) { return judge::name_of(info.param); });

TEST_P(RobotsTest, StandApartFromEachOtherAndStayThere) {
  const PolicyFile policy = standing_policy();
  Robots robots(judge_, policy, options(7));
  for (int step = 0; step < 50; ++step) robots.step({0.5, 0.0, 0.0});
  std::set<std::pair<long, long>> places;
  for (int robot = 0; robot < 7; ++robot) {
    const mjData& data = robots.world(robot).data();
    places.emplace(std::lround(10 * data.qpos[0]), std::lround(10 * data.qpos[1]));
    EXPECT_NEAR(robots.measured(robot)[0], 0.0, 0.02);
  }
  EXPECT_EQ(places.size(), 7u);
  EXPECT_EQ(robots.falls(), 0);
}

TEST_P(RobotsTest, WalkByAGaitAndBeginItAnewWhenTheyRestart) {
  const PolicyFile policy = trotting_policy();
  Robots robots(judge_, policy, options(1));
  const auto walked = [&] {
    const double x = robots.world(0).data().qpos[0], y = robots.world(0).data().qpos[1];
    for (int step = 0; step < 100; ++step) robots.step({0.4, 0.0, 0.0});
    return std::hypot(robots.world(0).data().qpos[0] - x, robots.world(0).data().qpos[1] - y);
  };
  const double way = walked();
  EXPECT_GT(way, 0.2);  // in 2 s
  EXPECT_EQ(robots.falls(), 0);
  robots.restart();
  EXPECT_NEAR(walked(), way, 0.1);
}

TEST_P(RobotsTest, AStepLastsAsLongAsThePolicysOwn) {
  for (const int decimation : {4, 10}) {
    const PolicyFile policy = at_rate(standing_policy(), decimation);
    Robots robots(judge_, policy, options(1));
    EXPECT_DOUBLE_EQ(robots.control_dt(), 0.004 * decimation);
    for (int step = 0; step < 25; ++step) robots.step({});
    EXPECT_NEAR(robots.world(0).data().time, 25 * robots.control_dt(), 1e-9);
    EXPECT_EQ(robots.falls(), 0);
  }
}

TEST_P(RobotsTest, BigOnesStandOnTheirOwnFloorFurtherApart) {
  const TempFolder folder;
  const std::string file = (folder / "big.xml").string();
  write_raw(file, BigRobot{}.mjcf());
  const PolicyFile policy = big_standing_policy();
  const judge::JudgeModel judge = judge::load_judge_model(file, policy);
  Robots robots(judge, policy, options(2));
  EXPECT_DOUBLE_EQ(robots.control_dt(), 0.02);
  for (int step = 0; step < 100; ++step) robots.step({0.5, 0.0, 0.0});
  EXPECT_EQ(robots.falls(), 0);
  const mjtNum *one = robots.world(0).data().qpos, *other = robots.world(1).data().qpos;
  EXPECT_NEAR(std::hypot(one[0] - other[0], one[1] - other[1]), 4 * 0.8, 0.2);
  EXPECT_NEAR(one[2], 0.56 - 0.3, 0.03);
}

TEST_P(RobotsTest, APushIsFeltAndARestartForgetsIt) {
  const PolicyFile policy = standing_policy();
  Robots robots(judge_, policy, options(1));
  const double start = robots.world(0).data().qpos[0];
  robots.push(1.0);
  for (int step = 0; step < 10; ++step) robots.step({});
  const judge::Command pushed = robots.measured(0);
  EXPECT_GT(std::hypot(pushed[0], pushed[1]), 0.1);
  robots.restart();
  EXPECT_EQ(robots.world(0).data().qpos[0], start);
  EXPECT_EQ(robots.world(0).data().qvel[0], 0.0);
  EXPECT_EQ(robots.measured(0)[0], 0.0);
}

TEST_P(RobotsTest, OneThatFellLiesForASecondAndStandsUpAgain) {
  const PolicyFile policy = toppling_policy();
  Robots robots(judge_, policy, options(1));
  int fell = -1, stood = -1;
  for (int step = 0; step < 600 && stood < 0; ++step) {
    robots.step({});
    if (fell < 0 && robots.falls() == 1) fell = step;
    if (fell >= 0 && !judge::is_fall(first_format_robot(), robots.world(0).data(), 0.0) &&
        step > fell + 25)
      stood = step;
  }
  ASSERT_GE(fell, 0);
  EXPECT_NEAR(stood - fell, 51, 2);
}

TEST_P(RobotsTest, FrictionChangesUnderWay) {
  const PolicyFile policy = standing_policy();
  Robots robots(judge_, policy, options(2));
  EXPECT_EQ(robots.friction(1), 0.8);
  robots.set_friction(0.3);
  robots.step({});
  EXPECT_EQ(robots.friction(1), 0.3);
  EXPECT_EQ(robots.world(1).model().geom_friction[0], 0.3);
  robots.restart();
  EXPECT_EQ(robots.world(1).model().geom_friction[0], 0.3);
}

TEST_P(RobotsTest, RandomisedOnesDiffer) {
  const PolicyFile policy = standing_policy();
  RobotsOptions wanted = options(2);
  wanted.randomised = true;
  Robots robots(judge_, policy, wanted);
  EXPECT_NE(robots.world(0).model().body_mass[1], robots.world(1).model().body_mass[1]);
  EXPECT_NE(robots.friction(0), robots.friction(1));
}

}  // namespace
}  // namespace kennel::play
