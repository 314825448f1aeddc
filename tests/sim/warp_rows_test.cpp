// How a warp writes observations, lane after lane.
#include "kennel/batch/warp_rows.h"

#include <gtest/gtest.h>

#include <barrier>
#include <cmath>
#include <cstring>
#include <thread>
#include <vector>

#include "batch_fixture.h"

namespace kennel {
namespace {

using quadruped::kFrameSize;
constexpr int kHistory = HistoryMemory::kFieldsPerEnv;

/// Rows that a test reads back as floats, of enough environments for a second warp.
struct Table {
  int size;
  std::vector<FourNumbers> memory;
  bool bfloat16;

  Table(int row, bool bf16)
      : size(row),
        memory(2 * kWarpEnvs * row / 4 + 1, FourNumbers{{-1, -1, -1, -1}}),
        bfloat16(bf16) {
    if (bf16)
      for (int i = 0; i < 2 * kWarpEnvs * row; ++i) rows().put(i, -1.0f);
  }
  ObsRows rows() { return {memory.data(), bfloat16}; }
  float at(int env, int i) const {
    const int k = env * size + i;
    if (!bfloat16) return memory[k / 4].x[k % 4];
    return bits_to_float(
        static_cast<std::uint32_t>(reinterpret_cast<const std::uint16_t*>(memory.data())[k]) << 16);
  }
};

float frame_number(int env, int i) { return static_cast<float>(env * kFrameSize + i); }
float old_number(int env, int i) { return static_cast<float>(1000 + env * kHistory + i); }

/// Environment 2 restarts, 3 has a new command, 5 diverged, 7 is padding; the others just go on.
WarpRows second_warp(int lane, const StepPointers& out, float* history = nullptr) {
  WarpRows rows{lane, kWarpEnvs, 0, 0, 0, history, out};
  const auto set = [](std::uint32_t& mask, int e) { mask |= 0xfu << (kNumLegs * e); };
  for (const int e : {0, 1, 3, 4, 6}) set(rows.goes_on, e);
  for (const int e : {2, 3, 5}) set(rows.keeps, e);
  set(rows.diverged, 5);
  return rows;
}
bool goes_on(int e) { return e != 2 && e != 5 && e != 7; }
bool keeps(int e) { return e == 2 || e == 3 || e == 5; }

/// Numbers below 256 in bfloat16 are exact, larger ones are rounded.
float as_kept(float x, bool bf16) {
  return bf16 ? bits_to_float(static_cast<std::uint32_t>(to_bfloat16(x)) << 16) : x;
}

class WarpRowsTest : public ::testing::TestWithParam<std::tuple<int, bool>> {};

TEST_P(WarpRowsTest, FramesMoveThroughHistoryAndObservation) {
  const auto [frames, bf16] = GetParam();
  const int size = frames * kFrameSize;
  Table obs(size, bf16), final_obs(size, bf16);
  StepPointers out{};
  out.obs = obs.rows();
  out.final_obs = final_obs.rows();
  std::vector<FourNumbers> newest(kWarpEnvs * kFrameSize / 4), history(kWarpEnvs * kHistory / 4);
  for (int e = 0; e < kWarpEnvs; ++e) {
    for (int i = 0; i < kFrameSize; ++i)
      newest[(e * kFrameSize + i) / 4].x[i % 4] = frame_number(e, i);
    for (int i = 0; i < kHistory; ++i) history[(e * kHistory + i) / 4].x[i % 4] = old_number(e, i);
  }
  std::vector<WarpHistory> lanes;
  for (int lane = 0; lane < kWarpSize; ++lane) lanes.emplace_back(history[0].x, lane).load();
  for (int lane = 0; lane < kWarpSize; ++lane)
    lanes[lane].shift(newest.data(), frames, second_warp(lane, out), out);

  for (int e = 0; e < kWarpEnvs; ++e) {
    for (int i = 0; i < kHistory; ++i)
      EXPECT_EQ(history[(e * kHistory + i) / 4].x[i % 4],
                i < kFrameSize ? frame_number(e, i) : old_number(e, i - kFrameSize))
          << e << ' ' << i;
    for (int i = 0; i < size; ++i) {
      const float seen =
          as_kept(i < kFrameSize ? frame_number(e, i) : old_number(e, i - kFrameSize), bf16);
      EXPECT_EQ(obs.at(kWarpEnvs + e, i), goes_on(e) ? seen : -1.0f) << e << ' ' << i;
      EXPECT_EQ(final_obs.at(kWarpEnvs + e, i), !keeps(e) ? -1.0f
                                                : e == 5  ? 0.0f
                                                          : seen)
          << e << ' ' << i;
      EXPECT_EQ(obs.at(e, i), -1.0f) << "the first warp's rows";
    }
  }
}

TEST_P(WarpRowsTest, StagedNumbersReachTheirColumns) {
  const bool bf16 = std::get<1>(GetParam());
  constexpr int kSize = quadruped::kPrivilegedSize, kColumns = quadruped::kPrivilegedExtra;
  Table rows(kSize, bf16), final_rows(kSize, bf16);
  std::vector<float> staged(kWarpEnvs * kColumns);
  for (std::size_t i = 0; i < staged.size(); ++i) staged[i] = static_cast<float>(i);
  for (int lane = 0; lane < kWarpSize; ++lane)
    second_warp(lane, {}).move<kColumns>(staged.data(), rows.rows(), final_rows.rows(), kSize,
                                         kFrameSize);
  for (int e = 0; e < kWarpEnvs; ++e)
    for (int i = 0; i < kSize; ++i) {
      const bool inside = i >= kFrameSize;
      const float seen = inside ? as_kept(staged[e * kColumns + i - kFrameSize], bf16) : -1.0f;
      EXPECT_EQ(rows.at(kWarpEnvs + e, i), inside && goes_on(e) ? seen : -1.0f) << e << ' ' << i;
      EXPECT_EQ(final_rows.at(kWarpEnvs + e, i), !inside || !keeps(e) ? -1.0f
                                                 : e == 5             ? 0.0f
                                                                      : seen)
          << e << ' ' << i;
    }
}

/// A leg of an environment in a warp of 32 threads on the CPU.
using OneLeg = LegThread<NoExchange>;
using LegState = quadruped::EnvState<float, OneLeg>;

/// Numbers without a pattern that a mistake in an index could hide behind.
template <class Struct>
void scramble(Struct& s, int seed) {
  static_assert(sizeof(Struct) % 4 == 0);
  auto* words = reinterpret_cast<char*>(&s);
  for (std::size_t i = 0; i < sizeof(Struct) / 4; ++i) {
    const auto x =
        static_cast<float>(std::sin(12.9898 * static_cast<double>(i + 1) + 78.233 * seed));
    std::memcpy(words + 4 * i, &x, sizeof x);
  }
}

/// An environment as its four threads hold it: the base alike, each its own leg.
struct SplitEnv {
  LegState leg[kNumLegs];
  StepReport<float, OneLeg> report[kNumLegs];
  quadruped::ImuSample<float> imu;

  explicit SplitEnv(int env) {
    for (int l = 0; l < kNumLegs; ++l) {
      scramble(leg[l], 100 * env);
      scramble(leg[l].physics.leg, 100 * env + 1 + l);
      scramble(leg[l].leg, 100 * env + 11 + l);
      scramble(leg[l].params.leg, 100 * env + 21 + l);
      scramble(report[l], 100 * env + 31 + l);
      leg[l].env_id = static_cast<std::uint32_t>(env);
      leg[l].episode = 3;
      leg[l].step = 17;
      leg[l].physics.orientation = normalised(leg[l].physics.orientation);
    }
    scramble(imu, env + 7000);
  }

  quadruped::EnvState<float, AllLegs> whole() const {
    quadruped::EnvState<float, AllLegs> all{};
    all.physics.position = leg[0].physics.position;
    all.physics.orientation = leg[0].physics.orientation;
    all.physics.velocity = leg[0].physics.velocity;
    all.physics.omega = leg[0].physics.omega;
    all.env_id = leg[0].env_id;
    all.episode = leg[0].episode;
    all.step = leg[0].step;
    all.action_delay = leg[0].action_delay;
    all.imu_delay = leg[0].imu_delay;
    std::copy(std::begin(leg[0].command), std::end(leg[0].command), all.command);
    all.imu_tilt = leg[0].imu_tilt;
    all.params.base_com_shift = leg[0].params.base_com_shift;
    all.params.strength = leg[0].params.strength;
    all.params.kp = leg[0].params.kp;
    all.params.kd = leg[0].params.kd;
    all.params.base_mass = leg[0].params.base_mass;
    all.params.frictionloss = leg[0].params.frictionloss;
    for (int l = 0; l < kNumLegs; ++l) {
      std::memcpy(&all.physics.leg[l], &leg[l].physics.leg[0], sizeof all.physics.leg[l]);
      std::memcpy(&all.leg[l], &leg[l].leg[0], sizeof all.leg[l]);
      std::memcpy(&all.params.leg[l], &leg[l].params.leg[0], sizeof all.params.leg[l]);
    }
    return all;
  }
};

// Threads that wait for each other as a warp's lanes do: without one of the waits this fails, and
// ThreadSanitizer sees it.
TEST(WriteRows, AWarpWritesWhatItsEnvironmentsSee) {
  const quadruped::Task task = testing::task_of(quadruped::EnvConfig{});
  Table obs(task.obs_size, false), final_obs(task.obs_size, false);
  Table privileged(quadruped::kPrivilegedSize, false),
      final_privileged(quadruped::kPrivilegedSize, false);
  StepPointers out{};
  out.obs = obs.rows();
  out.final_obs = final_obs.rows();
  out.privileged_obs = privileged.rows();
  out.final_privileged_obs = final_privileged.rows();
  std::vector<SplitEnv> envs;
  std::vector<FourNumbers> history(kWarpEnvs * kHistory / 4);
  for (int e = 0; e < kWarpEnvs; ++e) {
    envs.emplace_back(e);
    for (int i = 0; i < kHistory; ++i) history[(e * kHistory + i) / 4].x[i % 4] = old_number(e, i);
  }
  RowScratch scratch;
  std::barrier<> all(kWarpSize);
  std::vector<std::thread> threads;
  for (int lane = 0; lane < kWarpSize; ++lane)
    threads.emplace_back([&, lane] {
      const SplitEnv& env = envs[lane / kNumLegs];
      const int leg = lane % kNumLegs;
      write_rows(task, OneLeg{leg, {}}, Seen<OneLeg>{env.imu, env.leg[leg], env.report[leg]},
                 second_warp(lane, out, history[0].x), scratch, [&] { all.arrive_and_wait(); });
    });
  for (std::thread& thread : threads) thread.join();

  for (int e = 0; e < kWarpEnvs; ++e) {
    const auto state = envs[e].whole();
    StepReport<float, AllLegs> report;
    for (int l = 0; l < kNumLegs; ++l)
      std::memcpy(&report.leg[l], &envs[e].report[l].leg[0], sizeof report.leg[l]);
    quadruped::FrameHistory<float> frames;
    for (int i = 0; i < kHistory; ++i)
      frames.frame[i / kFrameSize][i % kFrameSize] = old_number(e, i);
    // The two mappings may round differently.
    const auto expect = [&](Table& rows, Table& final_rows, int i, float seen) {
      EXPECT_NEAR(rows.at(kWarpEnvs + e, i), goes_on(e) ? seen : -1.0f, 1e-5f) << e << ' ' << i;
      EXPECT_NEAR(final_rows.at(kWarpEnvs + e, i),
                  !keeps(e) ? -1.0f
                  : e == 5  ? 0.0f
                            : seen,
                  1e-5f)
          << e << ' ' << i;
    };
    quadruped::observe<float, AllLegs>(task, {}, envs[e].imu, state, frames,
                                       [&](int i, float x) { expect(obs, final_obs, i, x); });
    quadruped::observe_privileged<float, AllLegs>(task, {}, state, &report, [&](int i, float x) {
      expect(privileged, final_privileged, i, x);
    });
    for (int i = 0; i < kHistory; ++i)
      EXPECT_NEAR(history[(e * kHistory + i) / 4].x[i % 4],
                  frames.frame[i / kFrameSize][i % kFrameSize], 1e-5f);
  }
}

INSTANTIATE_TEST_SUITE_P(All, WarpRowsTest,
                         ::testing::Combine(::testing::Range(1, quadruped::kMaxHistory + 1),
                                            ::testing::Bool()));

}  // namespace
}  // namespace kennel
