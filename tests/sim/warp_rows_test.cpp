// How a warp writes observations, lane after lane.
#include "kernels/warp_rows.h"

#include <gtest/gtest.h>

#include <vector>

namespace kennel {
namespace {

using pupper::kFrameSize;
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
WarpRows second_warp(int lane) {
  WarpRows rows{lane, kWarpEnvs, 0, 0, 0};
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
    lanes[lane].shift(newest.data(), frames, second_warp(lane), out);

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
  constexpr int kSize = pupper::kPrivilegedSize, kColumns = pupper::kPrivilegedExtra;
  Table rows(kSize, bf16), final_rows(kSize, bf16);
  std::vector<float> staged(kWarpEnvs * kColumns);
  for (std::size_t i = 0; i < staged.size(); ++i) staged[i] = static_cast<float>(i);
  for (int lane = 0; lane < kWarpSize; ++lane)
    second_warp(lane).move<kColumns>(staged.data(), rows.rows(), final_rows.rows(), kSize,
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

INSTANTIATE_TEST_SUITE_P(All, WarpRowsTest,
                         ::testing::Combine(::testing::Range(1, pupper::kMaxHistory + 1),
                                            ::testing::Bool()));

}  // namespace
}  // namespace kennel
