// The CUDA backend's kernels, run on the host, against the CPU backend. Both draw the same random
// bits, so that every fall, time-out, push and new command must come alike.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <set>
#include <span>

#include "kennel/batch/open_loop.h"
#include "kennel/io/npy.h"
#include "tests/sim/batch_fixture.h"
#include "tests/simt/device_batch.h"

namespace kennel::testing {
namespace {

constexpr double kStateTolerance = 2e-4;  // relative, after up to ten control steps of an episode
constexpr int kEnvs = 40, kSteps = 25;
// Environments in which a contact, decided by less than a micrometre, may come a step apart in the
// course of a test: compilers contract multiplications and additions into one differently. In 0.1 %
// of all control steps the rows then differ. Without contraction (the parity preset) all bits
// agree.
constexpr int kMayBeApart = 2;

/// The same batch on the CPU backend and on the kernels.
struct Pair {
  Pair(const quadruped::EnvConfig& config, int n, std::uint64_t seed = 5)
      : cpu(config, n, 0, 1, seed), simt(task_of(config, seed), n) {
    cpu.batch.set_commands_change(true);
  }
  void step(float size = 0.2f) {
    cpu.step_with_waves(size);
    simt.step(cpu.action);
  }
  SmallBatch cpu;
  DeviceBatch simt;
};

/// Distance of two vectors over 1 plus the first one's length; NaN and infinity count as far.
double apart(std::span<const float> a, std::span<const float> b) {
  double distance = 0, length = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    distance += (a[i] - b[i]) * static_cast<double>(a[i] - b[i]);
    length += a[i] * static_cast<double>(a[i]);
  }
  const double out = std::sqrt(distance) / (1 + std::sqrt(length));
  return out < 1e9 ? out : 1e9;
}

/// The largest difference of two numbers at the same place over 1 plus the first one's size.
double furthest(std::span<const float> a, std::span<const float> b) {
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    worst = std::max(worst, apart(a.subspan(i, 1), b.subspan(i, 1)));
  return worst;
}

using State = quadruped::EnvState<float, AllLegs>;
std::array<float, kNq> positions(const State& s) {
  const auto& p = s.physics;
  std::array<float, kNq> q = {p.position.x,    p.position.y,    p.position.z,   p.orientation.w,
                              p.orientation.x, p.orientation.y, p.orientation.z};
  for (int i = 0; i < kNumJoints; ++i) q[7 + i] = p.leg[i / 3].q[i % 3];
  return q;
}
std::array<float, kNv> velocities(const State& s) {
  const auto& p = s.physics;
  std::array<float, kNv> v = {p.velocity.x, p.velocity.y, p.velocity.z,
                              p.omega.x,    p.omega.y,    p.omega.z};
  for (int i = 0; i < kNumJoints; ++i) v[6 + i] = p.leg[i / 3].qd[i % 3];
  return v;
}
std::array<float, kNv> accelerations(const State& s) {
  const auto& p = s.physics;
  std::array<float, kNv> a = {p.lin_acc.x, p.lin_acc.y, p.lin_acc.z,
                              p.ang_acc.x, p.ang_acc.y, p.ang_acc.z};
  for (int i = 0; i < kNumJoints; ++i) a[6 + i] = p.leg[i / 3].qacc[i % 3];
  return a;
}
/// What was drawn when the episode began, and what it has done since.
std::array<float, 16 + 9 * kNumLegs> draws(const State& s) {
  std::array<float, 16 + 9 * kNumLegs> x = {
      s.step,           s.action_delay,     s.imu_delay,  s.next_action_delay,
      s.next_imu_delay, s.command[0],       s.command[1], s.command[2],
      s.command_age,    s.imu_tilt.x,       s.imu_tilt.y, s.imu_tilt.z,
      s.params.kp,      s.params.base_mass, s.params.kd,  s.params.strength,
      s.episode_return};
  for (int leg = 0; leg < kNumLegs; ++leg)
    for (int i = 0; i < 3; ++i) {
      x[16 + 9 * leg + i] = s.leg[leg].joint_offset[i];
      x[19 + 9 * leg + i] = s.params.leg[leg].mass[i];
      x[22 + 9 * leg + i] = s.params.leg[leg].hinge_weight[i];
    }
  return x;
}

/// How far the physics of an environment is apart.
double physics_gap(const Pair& pair, int env) {
  const State a = pair.cpu.batch.env(env), b = pair.simt.env(env);
  return std::max({apart(positions(a), positions(b)), apart(velocities(a), velocities(b)),
                   apart(accelerations(a), accelerations(b))});
}

/// How far an environment's rows are apart; of the final ones where its episode ended.
double output_gap(const Pair& pair, int env) {
  const auto row = [&](const std::vector<float>& rows) {
    const std::size_t size = rows.size() / pair.simt.n;
    return std::span(rows).subspan(env * size, size);
  };
  const SmallBatch& a = pair.cpu;
  const DeviceBatch& b = pair.simt;
  double worst =
      std::max({furthest(row(a.obs), row(b.obs)), furthest(row(a.privileged), row(b.privileged)),
                furthest(row(a.reward), row(b.reward))});
  if (a.terminated[env] + a.truncated[env] + a.command_changed[env] > 0)
    worst = std::max({worst, furthest(row(a.final_obs), row(b.final_obs)),
                      furthest(row(a.final_privileged), row(b.final_privileged))});
  return worst;
}

void expect_same_draws(const Pair& pair) {
  for (int e = 0; e < pair.simt.n; ++e) {
    const State a = pair.cpu.batch.env(e), b = pair.simt.env(e);
    EXPECT_EQ(a.env_id, b.env_id) << e;
    EXPECT_EQ(a.episode, b.episode) << e;
    EXPECT_LT(furthest(draws(a), draws(b)), 1e-5) << e;
  }
}

void expect_same_start(const Pair& pair) {
  expect_same_draws(pair);
  EXPECT_LT(furthest(pair.cpu.obs, pair.simt.obs), 1e-5);
  EXPECT_LT(furthest(pair.cpu.privileged, pair.simt.privileged), 1e-5);
  for (int e = 0; e < pair.simt.n; ++e) EXPECT_LT(physics_gap(pair, e), 1e-5) << e;
}

struct Case {
  const char* name;
  quadruped::EnvConfig config;
};
class SimtAgainstCpu : public ::testing::TestWithParam<Case> {};

TEST_P(SimtAgainstCpu, FollowsTheCpuBackendThroughResetsPushesAndLatencies) {
  Pair pair(GetParam().config, kEnvs);
  expect_same_start(pair);
  std::set<int> came_apart;
  int ended = 0;
  double worst = 0;
  for (int t = 0; t < kSteps; ++t) {
    SCOPED_TRACE(t);
    pair.step();
    ASSERT_EQ(pair.cpu.terminated, pair.simt.terminated);
    ASSERT_EQ(pair.cpu.truncated, pair.simt.truncated);
    ASSERT_EQ(pair.cpu.command_changed, pair.simt.command_changed);
    expect_same_draws(pair);
    for (int e = 0; e < kEnvs; ++e) {
      ended += pair.cpu.terminated[e] + pair.cpu.truncated[e] + pair.cpu.command_changed[e] > 0;
      const double gap = std::max(physics_gap(pair, e), output_gap(pair, e));
      if (gap > kStateTolerance) came_apart.insert(e);
      worst = std::max(worst, gap);
    }
  }
  std::printf("largest difference %.2g, beyond %.0e in %zu of %d environments\n", worst,
              kStateTolerance, came_apart.size(), kEnvs);
#ifdef KENNEL_PARITY
  EXPECT_EQ(worst, 0.0);
#endif
  EXPECT_LE(came_apart.size(), kMayBeApart) << ::testing::PrintToString(came_apart);
  EXPECT_GT(ended, 150);

  const quadruped::EnvStats<double> ours = pair.cpu.batch.drain_stats(),
                                    theirs = pair.simt.drain_stats();
  const auto *x = reinterpret_cast<const double*>(&ours),
             *y = reinterpret_cast<const double*>(&theirs);
  for (int i = 0; i < kStatFields; ++i) EXPECT_NEAR(x[i], y[i], 1e-2 * (1 + std::abs(x[i]))) << i;
  EXPECT_EQ(pair.simt.drain_stats().steps, 0) << "a drain empties the sums";

  SCOPED_TRACE("after another reset");
  pair.cpu.batch.reset(pair.cpu.out());
  pair.simt.reset();
  expect_same_start(pair);
}

INSTANTIATE_TEST_SUITE_P(, SimtAgainstCpu,
                         ::testing::Values(Case{"folded", busy_config()},
                                           Case{"plain", exact_weights(busy_config())},
                                           Case{"general", one_iteration(busy_config())},
                                           Case{"jitter", jittering(busy_config())},
                                           Case{"pose", busy_config(1)},
                                           Case{"joystick", busy_config(2)}),
                         [](const auto& info) { return info.param.name; });

#ifdef KENNEL_PARITY
/// A solver that stops between one step and convergence decides contacts by its last bits: with
/// contraction the two backends part (by 1e-2 within a control step in single against double
/// precision), without they must not.
quadruped::EnvConfig three_iterations(quadruped::EnvConfig config) {
  config.task.solver_iterations = 3;
  return config;
}
INSTANTIATE_TEST_SUITE_P(WithoutContraction, SimtAgainstCpu,
                         ::testing::Values(Case{"three", three_iterations(busy_config())}),
                         [](const auto& info) { return info.param.name; });
#endif

/// The start of a golden second: largest difference of height and joint angles, m and rad.
double worst_difference(int which, double friction) {
  constexpr std::size_t kRows = 251, kRun = 41, kColumns = kNq + kNv + kNumJoints;
  const std::filesystem::path root = KENNEL_SOURCE_DIR;
  const NpyArray golden =
      read_npy(root / "tests/dynamics/golden/trajectories.npy", {2 * kRows, kColumns});
  const double* rows = golden.values.data() + which * kRows * kColumns;
  const Quadruped<double> model = load_quadruped(root / "envs/pupper_v3/pupper_v3.xml").model;
  const Quadruped<float> narrow = to_float(model);
  AnyParams params = nominal_params<double, ManyPoints<AllLegs>>(model, {});
  for (auto& leg : params.leg)
    for (double& mu : leg.friction) mu = friction;
  std::vector<double> ctrl((kRun - 1) * kNumJoints), ours;
  for (std::size_t i = 0; i + 1 < kRun; ++i)
    for (int k = 0; k < kNumJoints; ++k)
      ctrl[i * kNumJoints + model.leg[k / 3].hinge[k % 3].ctrl_index] =
          rows[i * kColumns + kNq + kNv + k];
  const OpenLoop run{.init = {rows, kNq + kNv}, .ctrl = ctrl, .params = params};
  kennel_open_loop_cuda(&narrow, &run, 0, &ours);
  double worst = 0;
  for (std::size_t i = 0; i < kRun; ++i)
    for (int column = 2; column < kNq; column = column == 2 ? 7 : column + 1) {
      const double gap = ours[i * kTrajectoryColumns + column] - rows[i * kColumns + column];
      worst = std::abs(gap) <= worst ? worst : std::isnan(gap) ? INFINITY : std::abs(gap);
    }
  return worst;
}

TEST(SimtOpenLoop, FollowsTheGoldenTrajectories) {
  EXPECT_LT(worst_difference(0, 0.8), 2e-3);
  EXPECT_LT(worst_difference(1, 0.3), 2e-3);
}

}  // namespace
}  // namespace kennel::testing
