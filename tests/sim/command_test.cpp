// What robots are told to do: shares and sizes of the mixture.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "tests/sim/batch_fixture.h"

namespace kennel::testing {
namespace {

using namespace quadruped;
using Command = std::array<float, 3>;
constexpr int kDraws = 8192;

/// Commands that environments start with, in shares of the box (-1 to 1 on each axis).
std::vector<Command> drawn(const EnvConfig& config) {
  SmallBatch run(config, kDraws);
  const CommandConfig& box = config.command;
  std::vector<Command> out;
  for (int e = 0; e < run.n; ++e) {
    const auto state = run.batch.env(e);
    out.push_back({state.command[0] / box.range[0].high, state.command[1] / box.range[1].high,
                   state.command[2] / box.range[2].high});
  }
  return out;
}

int moving_axes(const Command& c) {
  return static_cast<int>(std::count_if(c.begin(), c.end(), [](float x) { return x != 0; }));
}

float size(const Command& c) { return std::max({std::abs(c[0]), std::abs(c[1]), std::abs(c[2])}); }

template <class Predicate>
double share(const std::vector<Command>& commands, Predicate&& holds) {
  return static_cast<double>(std::count_if(commands.begin(), commands.end(), holds)) /
         static_cast<double>(commands.size());
}

/// Five standard deviations of a share of kDraws at most.
constexpr double kSpread = 5 * 0.5 / 90.5;

TEST(Commands, StandAndKeepToOneAxisAsOftenAsTheRecipeSays) {
  const std::vector<Command> commands = drawn(quiet_config());
  EXPECT_NEAR(share(commands, [](const Command& c) { return moving_axes(c) == 0; }), 0.1, kSpread);
  for (int axis = 0; axis < 3; ++axis)
    EXPECT_NEAR(
        share(commands, [&](const Command& c) { return moving_axes(c) == 1 && c[axis] != 0; }),
        0.9 * 0.3 / 3, kSpread)
        << axis;
  EXPECT_NEAR(share(commands, [](const Command& c) { return moving_axes(c) == 3; }), 0.9 * 0.7,
              kSpread);
}

TEST(Commands, OfTheScaledBoxAreSlowOnAllAxesTogether) {
  // P(all axes below a tenth of the box) is 0.001 in the full box. In the scaled one, whose factor
  // s is uniform in 0.1 to 1, it is the mean of (0.1 / s)^3: 0.001 / 0.9 (0.5 / 0.01 - 0.5).
  EnvConfig config = quiet_config();
  config.command.standing_fraction = 0;
  config.command.axis_fraction = 0;
  config.command.scaled_fraction = 1;
  const auto slow = [](const Command& c) { return size(c) < 0.1f; };
  EXPECT_NEAR(share(drawn(config), slow), 0.055, 5 * std::sqrt(0.055 / kDraws));
  config.command.scaled_fraction = 0;
  EXPECT_NEAR(share(drawn(config), slow), 0.001, 5 * std::sqrt(0.001 / kDraws));
}

TEST(Commands, FillTheBoxWhateverTheirKind) {
  for (const bool along_axis : {false, true}) {
    EnvConfig config = quiet_config();
    config.command.axis_fraction = along_axis ? 1.0f : 0.0f;
    config.command.scaled_fraction = along_axis ? 0.0f : 1.0f;
    Command low{}, high{};
    for (const Command& c : drawn(config))
      for (int axis = 0; axis < 3; ++axis) {
        low[axis] = std::min(low[axis], c[axis]);
        high[axis] = std::max(high[axis], c[axis]);
      }
    for (int axis = 0; axis < 3; ++axis) {
      EXPECT_GE(low[axis], -1.0f - 1e-6f);
      EXPECT_LE(high[axis], 1.0f + 1e-6f);
      EXPECT_LT(low[axis], -0.9f);
      EXPECT_GT(high[axis], 0.9f);
    }
  }
}

TEST(Commands, AreTheUniformBoxWithoutTheMixture) {
  EnvConfig config = quiet_config();
  config.command.standing_fraction = 0;
  config.command.axis_fraction = config.command.scaled_fraction = 0;
  const std::vector<Command> commands = drawn(config);
  for (int axis = 0; axis < 3; ++axis)
    for (const float limit : {-0.5f, 0.0f, 0.5f})
      EXPECT_NEAR(share(commands, [&](const Command& c) { return c[axis] < limit; }),
                  0.5 * (1 + limit), kSpread);
}

TEST(Commands, WithinAnEpisodeComeFromTheSameMixture) {
  EnvConfig config = quiet_config();
  config.command.change_probability = 1;
  config.command.standing_fraction = config.command.scaled_fraction = 0;
  config.command.axis_fraction = 1;
  SmallBatch run(config, 64);
  run.batch.set_commands_change(true);
  run.step();
  int turned = 0;
  for (int e = 0; e < run.n; ++e) {
    const auto state = run.batch.env(e);
    EXPECT_EQ(moving_axes({state.command[0], state.command[1], state.command[2]}), 1);
    turned += state.command[2] != 0;
  }
  EXPECT_GT(turned, 5);
  EXPECT_LT(turned, 45);
}

TEST(Commands, ComeWithAPushWhereTheRecipeSaysSo) {
  EnvConfig config = quiet_config();
  config.command.change_probability = 0;
  config.randomization.push_seconds = 0.1f;  // five control steps
  config.randomization.push_velocity = {3.0f, 3.0f};
  for (const float share : {0.0f, 0.5f, 1.0f}) {
    config.command.change_at_push = share;
    SmallBatch run(config, 64);
    run.batch.set_commands_change(true);
    for (int t = 0; t < 5; ++t) {
      std::vector<float> before;
      for (int e = 0; e < run.n; ++e) before.push_back(run.batch.env(e).command[0]);
      run.step();
      if (t == 4) break;
      for (int e = 0; e < run.n; ++e)
        EXPECT_EQ(run.batch.env(e).command[0], before[e]) << "no push is next";
    }
    int changed = 0;  // what the step that is pushed next will be told
    for (int e = 0; e < run.n; ++e) changed += run.batch.env(e).command_age == 0.0f;
    EXPECT_NEAR(changed, share * run.n, share == 0.5f ? 20 : 0);
    const float calm = run.batch.env(3).physics.velocity.x;
    run.step();
    EXPECT_GT(run.batch.env(3).physics.velocity.x, calm + 1.0f) << "the push";
  }
}

TEST(Commands, SharesBeyondOneAreRefusedByName) {
  EnvConfig config = quiet_config();
  config.command.scaled_fraction = 0.7f;
  config.command.axis_fraction = 0.4f;
  try {
    task_of(config);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("scaled_fraction = 0.7"), std::string::npos);
  }
}

}  // namespace
}  // namespace kennel::testing
