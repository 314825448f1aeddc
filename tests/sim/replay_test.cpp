// A control step that went wrong in a batch can be run again alone, from a file.
#include "kennel/batch/replay.h"

#include <gtest/gtest.h>

#include <cstring>

#include "kennel/batch/open_loop.h"
#include "kennel/core/check.h"
#include "kennel/dynamics/trajectory_row.h"
#include "kennel/io/atomic_file.h"
#include "tests/io/temp_folder.h"
#include "tests/sim/batch_fixture.h"

namespace kennel::testing {
namespace {

using quadruped::EnvConfig;

constexpr int kEnv = 5;

/// A control step of one environment, with latency, and a push at its start.
struct PushedStep {
  SmallBatch run{config(), 2 * kNativeWidth};
  PhysicsState<float, AllLegs> before;
  quadruped::EnvState<float, AllLegs> after;

  static EnvConfig config() {
    EnvConfig config;
    config.randomization.push_seconds = 0.2f;  // each tenth control step
    config.randomization.random_push_phase = config.task.random_first_clock = false;
    config.randomization.push_velocity = {0.5f, 0.6f};
    config.randomization.action_latency = {0.03f, 0.04f};
    return config;
  }

  PushedStep() {
    while (run.batch.env(kEnv).step != 10.0f) run.step_with_waves(0.4f);
    before = run.batch.env(kEnv).physics;
    run.step_with_waves(0.4f);
    after = run.batch.env(kEnv);
  }
  Replay replay() const { return replay_of(run.task, {kEnv, before, after}); }
};

TEST(Replay, RepeatsAControlStepWithItsPushLatencyAndParameters) {
  const PushedStep step;
  const Replay replay = step.replay();
  ASSERT_EQ(replay.ctrl.size(), 5u * kNumJoints);
  EXPECT_EQ(replay.env, kEnv);
  EXPECT_EQ(replay.control_step, 10);
  EXPECT_GT(replay.qvel[0] - step.before.velocity.x, 0.4) << "the push";

  std::vector<double> init(replay.qpos.begin(), replay.qpos.end());
  init.insert(init.end(), replay.qvel.begin(), replay.qvel.end());
  const std::vector<double> rows = simulate_float(step.run.task.model, {.init = init,
                                                                        .ctrl = replay.ctrl,
                                                                        .params = replay.params,
                                                                        .qacc = replay.qacc,
                                                                        .solver = replay.solver});
  double expected[kTrajectoryColumns];
  write_state(step.run.task.model, AllLegs{}, step.after.physics, expected);
  for (int i = 0; i < kNq + kNv; ++i)
    EXPECT_NEAR(rows[5 * kTrajectoryColumns + i], expected[i], 1e-4 * (1 + std::abs(expected[i])))
        << i;
}

TEST(Replay, IsReadBackBitForBit) {
  const TempFolder folder;
  const Replay replay = PushedStep().replay();
  write_replay(folder / "a.json", replay);
  const Replay again = read_replay(folder / "a.json");
  write_replay(folder / "b.json", again);
  EXPECT_EQ(read_file(folder / "a.json"), read_file(folder / "b.json"));
  EXPECT_EQ(replay.ctrl, again.ctrl);
  EXPECT_EQ(replay.qacc, again.qacc);
  EXPECT_EQ(std::memcmp(&replay.params, &again.params, sizeof replay.params), 0);
  EXPECT_EQ(again.solver.iterations, 2);
}

TEST(Replay, RefusesBrokenFilesByKey) {
  const TempFolder folder;
  const auto file = folder / "replay.json";
  write_replay(file, PushedStep().replay());
  const std::string good = read_file(file);
  const auto expect_refused = [&](const std::string& bytes, const std::string& because) {
    write_file_atomically(file, bytes);
    try {
      read_replay(file);
      FAIL() << because;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(because), std::string::npos) << error.what();
    }
  };
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string bytes = good;
    const std::size_t at = bytes.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return bytes.replace(at, from.size(), to);
  };
  expect_refused(good.substr(0, good.size() / 2), "cut short");
  expect_refused("[1, 2]", "no replay file");
  expect_refused("{}", "\"format\" is missing");
  expect_refused(with("replay 2", "replay 9"), "this program reads");
  expect_refused(with("\"qvel\"", "\"qvil\""), "\"qvel\" is missing");
  expect_refused(with("\"iterations\": 2", "\"iterations\": 0"), "at least 1");
  expect_refused(with("\"iterations\": 2", "\"iterations\": 1e300"), "whole number");
  expect_refused(with("\"timestep\": ", "\"timestep\": 1e999, \"x\": "), "");
  expect_refused(with("\"leg2.mass\": [", "\"leg2.mass\": [1,"), "array of 3 numbers");
  expect_refused(with("\"strength\": [", "\"strength\": [null],\"x\": ["), "finite");
  expect_refused(with("\"qvel\": [", "\"qvel\": [" + std::string(17, ' ') + "1e39],\"x\": ["),
                 "array of 18");
  expect_refused(with("\"kp\": [", "\"kp\": [1e39],\"x\": ["), "\"kp\"[0]: expected a finite");
  expect_refused(with("\"kp\": [", "\"kp\": [-1.0],\"x\": ["), "\"kp\"[0]: expected a number of");
  expect_refused(with("\"base_mass\": [", "\"base_mass\": [0],\"x\": ["), "above 0");
  std::string rows = "\"ctrl\": [[0,0,0,0,0,0,0,1e300,0,0,0,0]],\"x\": [";
  expect_refused(with("\"ctrl\": [", rows), "\"ctrl\"[0][7]: expected a finite");
}

}  // namespace
}  // namespace kennel::testing
