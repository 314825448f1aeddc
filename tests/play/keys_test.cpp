#include "src/play/keys.h"

#include <gtest/gtest.h>

#include "src/play/stage.h"
#include "tests/judge/test_policies.h"

namespace kennel::play {
namespace {

using judge::Command;
using judge::Told;

/// Keys held: W, A and Q where 1.
Command under_keys(const RobotContract& robot, double forward, double sideways, double turn) {
  return command_under_keys(robot, Told(robot),
                            {.forward = forward, .sideways = sideways, .turn = turn});
}

TEST(Keys, MoveAWalkToTheEndsOfItsRanges) {
  const PolicyFile walk = standing_policy();
  EXPECT_EQ(under_keys(walk, 1, 1, 1), (Command{0.75, 0.5, 2.0}));
  EXPECT_EQ(under_keys(walk, -1, 0, -0.5), (Command{-0.75, 0.0, -1.0}));
  EXPECT_EQ(help_of(Told(walk)), (std::array<std::string, 3>{"vx: forward, back", "vy: left, right",
                                                             "yaw_rate: turn left, right"}));
}

TEST(Keys, MoveAPosesThreeQuantities) {
  const PolicyFile pose = standing_pose_policy();
  const Command held = under_keys(pose, 1, 1, 1);
  EXPECT_EQ(held[0], 0.25) << "W: nose down";
  EXPECT_EQ(held[1], -0.15) << "A: it leans left";
  EXPECT_EQ(held[2], 0.015) << "Q: up";
  EXPECT_EQ(under_keys(pose, -1, -1, -1), (Command{-0.2, 0.2, -0.03}));
  EXPECT_EQ(under_keys(pose, 0, 0, 0), Command{});
  EXPECT_EQ(help_of(Told(pose)),
            (std::array<std::string, 3>{"pitch: nose down, up", "roll: lean left, right",
                                        "height: up, down"}));
}

TEST(Keys, TheOverlayNamesWhatIsTold) {
  EXPECT_EQ(command_text(Told(standing_policy()), {0.5, -0.1, 0.0}),
            "vx +0.50  vy -0.10 m/s  yaw_rate +0.00 rad/s");
  EXPECT_EQ(command_text(Told(standing_pose_policy()), {0.1, 0.0, -0.015}),
            "pitch +0.10  roll +0.00 rad  height -0.015 m");
}

}  // namespace
}  // namespace kennel::play
