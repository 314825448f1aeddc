// How observations leave a warp: its threads put what they computed for eight environments into
// shared memory, and all lanes then move whole rows, neighbours to neighbours. Frames before the
// newest never pass through shared memory: they go from the history's rows into the observation's.
#pragma once

#include "envs/quadruped/motion.h"
#include "envs/quadruped/sensors.h"
#include "kennel/batch/field_layout.h"
#include "kennel/batch/step_pointers.h"

namespace kennel {

inline constexpr int kWarpSize = 32;
inline constexpr int kWarpEnvs = kWarpSize / kNumLegs;

/// The environments of a warp as a lane sees them: where each one's rows go.
struct WarpRows {
  int lane;
  int first_env;
  // A bit for each lane; environment e of the warp has those from kNumLegs * e on.
  std::uint32_t goes_on;   // writes its observation; a restarted one writes the next episode's
  std::uint32_t keeps;     // writes its final observation
  std::uint32_t diverged;  // what a diverged environment last saw is no observation: zeros
  float* history;          // first_env's row
  const StepPointers& out;

  /// Puts a number, or four, of environment e of the warp.
  /// \param size  of a row
  template <class X>
  KENNEL_HD void put(const ObsRows& rows, const ObsRows& final_rows, int size, int e, int column,
                     const X& x) const {
    KENNEL_ASSERT(first_env >= 0 && e >= 0 && e < kWarpEnvs);
    KENNEL_ASSERT(column >= 0 && column + static_cast<int>(sizeof(X) / sizeof(float)) <= size);
    const std::size_t at = static_cast<std::size_t>(first_env + e) * size + column;
    const int bit = kNumLegs * e;
    if (keeps >> bit & 1) final_rows.put(at, diverged >> bit & 1 ? X{} : x);
    if (goes_on >> bit & 1) rows.put(at, x);
  }

  /// Moves `Columns` numbers of each environment from shared memory to the rows, `first` numbers
  /// from their start.
  template <int Columns>
  KENNEL_HD void move(const float* staged, const ObsRows& rows, const ObsRows& final_rows, int size,
                      int first) const {
    KENNEL_UNROLL
    for (int k = 0; k < (kWarpEnvs * Columns + kWarpSize - 1) / kWarpSize; ++k) {
      const int i = lane + kWarpSize * k;
      if (i < kWarpEnvs * Columns)
        put(rows, final_rows, size, i / Columns, first + i % Columns, staged[i]);
    }
  }
};

/// The histories of a warp's environments: eight rows, one behind the other. First all lanes
/// `load`, then all `shift`.
class WarpHistory {
 public:
  using Four = FourNumbers;

  /// \param history  the warp's first row
  KENNEL_HD WarpHistory(float* history, int lane)
      : rows_(reinterpret_cast<Four*>(history)), lane_(lane) {
    KENNEL_ASSERT(lane >= 0 && lane < kWarpSize);
    KENNEL_ASSERT(reinterpret_cast<std::uintptr_t>(history) % sizeof(Four) == 0);
  }

  KENNEL_HD void load() {
    each<kRow>([&](int k, int i) { held_[k] = rows_[i]; });
  }

  /// Writes the policy's observations and the histories that the next control step finds.
  /// \param newest  the newest frame of each environment
  /// \param frames  that the policy sees
  /// \tparam kFollowed  numbers of a policy's row behind its frames
  template <int kFollowed = 0>
  KENNEL_HD void shift(const Four* newest, int frames, const WarpRows& to,
                       const StepPointers& out) {
    const int seen = frames * quadruped::kFrameSize, size = seen + kFollowed;
    const auto put = [&](int e, int column, const Four& four) {
      if constexpr (kFollowed % 4 == 0) {
        to.put(out.obs, out.final_obs, size, e, column, four);
      } else {
        for (int i = 0; i < 4; ++i)  // the rows are not aligned to fours
          to.put(out.obs, out.final_obs, size, e, column + i, four.x[i]);
      }
    };
    each<kFrame>([&](int, int i) {
      const int e = i / kFrame, column = i % kFrame;
      rows_[e * kRow + column] = newest[i];
      put(e, 4 * column, newest[i]);
    });
    each<kRow>([&](int k, int i) {
      const int e = i / kRow, column = i % kRow + kFrame;
      if (column < kRow) rows_[e * kRow + column] = held_[k];
      if (4 * column < seen) put(e, 4 * column, held_[k]);
    });
  }

 private:
  static constexpr int kFrame = quadruped::kFrameSize / 4, kRow = HistoryMemory::kFieldsPerEnv / 4;
  static_assert(quadruped::kFrameSize % 4 == 0);
  template <int Row>
  static constexpr int kRounds = (kWarpEnvs * Row + kWarpSize - 1) / kWarpSize;

  /// Visits the fours of eight rows that fall to this lane: visit(round, index).
  template <int Row, class Visit>
  KENNEL_HD void each(Visit&& visit) const {
    KENNEL_UNROLL
    for (int k = 0; k < kRounds<Row>; ++k) {
      const int i = lane_ + kWarpSize * k;
      if (i < kWarpEnvs * Row) visit(k, i);
    }
  }

  Four* rows_;
  Four held_[kRounds<kRow>];
  int lane_;
};

/// What a warp's threads compute before all lanes move it.
union RowScratch {
  FourNumbers fours[kWarpEnvs * quadruped::kFrameSize / 4];
  float numbers[kWarpEnvs * quadruped::kPrivilegedExtra];
};

/// What a thread knows at the end of a control step, for the observations.
template <class Legs>
struct Seen {
  const quadruped::ImuSample<float>& imu;
  const quadruped::EnvState<float, Legs>& state;
  const StepReport<float, Legs>& report;
};

/// Writes the rows of what a warp's environments see at the end of a control step and shifts their
/// frames into the histories. All lanes call it.
/// \param scratch  the warp's; other lanes may still read what it held before
/// \param sync     waits for all lanes of the warp, memory included
/// \tparam kSeesMotion  whether the task shows what is in motion.h
template <bool kSeesMotion = false, class Legs, class Sync>
KENNEL_HD void write_rows(const quadruped::Task& task, const Legs& legs, const Seen<Legs>& seen,
                          const WarpRows& to, RowScratch& scratch, const Sync& sync) {
  using namespace quadruped;
  const int e = to.lane / kNumLegs;
  const StepPointers& out = to.out;
  WarpHistory history(to.history, to.lane);
  history.load();
  sync();
  float* frame = scratch.numbers + e * kFrameSize;
  observe_frame<float, Legs>(task, legs, seen.imu, seen.state,
                             [&](int i, float x) { frame[i] = x; });
  if constexpr (kSeesMotion)
    put_clock(task, legs, seen.state, [&](int i, float x) { frame[i] = x; });
  sync();
  history.shift<kSeesMotion ? kMotionSize : 0>(scratch.fours, task.config.task.history, to, out);
  sync();
  if constexpr (kSeesMotion) {
    float* motion = scratch.numbers + e * kMotionSize;
    observe_motion(legs, seen.state, [&](int i, float x) { motion[i] = x; });
    sync();
    to.move<kMotionSize>(scratch.numbers, out.obs, out.final_obs, kFrameSize + kMotionSize,
                         kFrameSize);
    sync();
  }
  observe_true_frame<float, Legs>(task, legs, seen.state, [&](int i, float x) { frame[i] = x; });
  if constexpr (kSeesMotion)
    put_clock(task, legs, seen.state, [&](int i, float x) { frame[i] = x; });
  sync();
  to.move<kFrameSize>(scratch.numbers, out.privileged_obs, out.final_privileged_obs,
                      kPrivilegedSize, 0);
  sync();
  float* hidden = scratch.numbers + e * kPrivilegedExtra;
  observe_hidden<float, Legs>(task, legs, seen.state, &seen.report,
                              [&](int i, float x) { hidden[i] = x; });
  sync();
  to.move<kPrivilegedExtra>(scratch.numbers, out.privileged_obs, out.final_privileged_obs,
                            kPrivilegedSize, kFrameSize);
  sync();  // before anyone writes to rows or histories that other lanes wrote
}

}  // namespace kennel
