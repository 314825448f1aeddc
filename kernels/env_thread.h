// What a thread of a quadruped's environment does in every kernel: four neighbouring threads own an
// environment, a leg each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "envs/quadruped/motion.h"
#include "envs/quadruped/reset.h"
#include "kennel/batch/field_layout.h"
#include "kernels/step_args.h"
#include "kernels/warp_leg.h"

namespace kennel::quadruped {

/// The mapping whose fields a batch's memory holds.
template <class Legs>
using Stored = std::conditional_t<kPointsOnBase<Legs>, ManyWarpLeg, WarpLeg>;

/// What this thread is.
struct At {
  int env, leg;
};

/// \param block  threads a block; a constant, which costs no register
__device__ inline At this_thread(int block) {
  KENNEL_ASSERT(static_cast<int>(blockDim.x) == block);
  const int thread = blockIdx.x * block + threadIdx.x;
  return {thread / kNumLegs, thread % kNumLegs};
}

/// Visits every field of a state with its address: visit(field number, address, whether the leg's
/// own).
template <class Legs, class Visit>
__device__ __forceinline__ void each_field(const BatchMemory& batch, const At& at, Visit&& visit) {
  using Layout = FieldLayout<Legs>;
  KENNEL_ASSERT(at.env >= 0 && at.env < batch.stride && at.leg >= 0 && at.leg < kNumLegs);
  std::uint32_t* base = batch.state + at.env;
  std::uint32_t* leg =
      batch.state + Layout::kBaseFields * batch.stride + kNumLegs * at.env + at.leg;
#pragma unroll
  for (std::size_t field = 0; field < Layout::kFields; ++field) {
    if (Layout::is_leg(field)) {
      visit(field, leg, true);
      leg += static_cast<std::size_t>(kNumLegs) * batch.stride;
    } else {
      visit(field, base, false);
      base += batch.stride;
    }
  }
}

template <class Legs>
__device__ __forceinline__ void load(const BatchMemory& batch, const At& at,
                                     EnvState<float, Legs>& state) {
  each_field<Legs>(batch, at, [&](std::size_t field, const std::uint32_t* from, bool) {
    const std::uint32_t word = *from;
    memcpy(reinterpret_cast<char*>(&state) + 4 * field, &word, sizeof word);
  });
}

template <class Legs>
__device__ __forceinline__ void store(const BatchMemory& batch, const At& at,
                                      const EnvState<float, Legs>& state) {
  each_field<Legs>(batch, at, [&](std::size_t field, std::uint32_t* to, bool own) {
    const void* from = reinterpret_cast<const char*>(&state) + 4 * field;
    std::uint32_t word;
    memcpy(&word, __builtin_assume_aligned(from, 4), sizeof word);  // else byte by byte
    if (own || at.leg == 0) *to = word;
  });
}

template <class Legs>
__device__ __forceinline__ HistoryMemory history_of(const BatchMemory& batch, const At& at) {
  constexpr std::size_t kStateFields = FieldLayout<Stored<Legs>>::kFieldsPerEnv;
  return {reinterpret_cast<float*>(batch.state + kStateFields * batch.stride), at.env};
}

/// Starts an environment's next episode and writes its first observations. Not inlined: it is rare,
/// and would cost the step registers.
template <class Legs>
__device__ __noinline__ void restart(const Task& task, const BatchMemory& batch, Legs legs, At at,
                                     const StepPointers& out, EnvState<float, Legs>& state) {
  HistoryMemory history = history_of<Legs>(batch, at);
  ++state.episode;
  reset_env<float, Legs>(task, legs, state, history);
  const bool real = at.env < batch.num_envs;
  const std::size_t first = static_cast<std::size_t>(at.env) * task.obs_size;
  const std::size_t first_privileged = static_cast<std::size_t>(at.env) * kPrivilegedSize;
  observe<float, Legs>(task, legs, true_imu(state.physics), state, history, [&](int i, float x) {
    if (real) out.obs.put(first + i, x);
  });
  observe_privileged<float, Legs>(
      task, legs, state, static_cast<const StepReport<float, Legs>*>(nullptr), [&](int i, float x) {
        if (real) out.privileged_obs.put(first_privileged + i, x);
      });
  if (real && sees_motion(task))
    observe_more<float, Legs>(
        task, legs, state, [&](int i, float x) { out.obs.put(first + i, x); },
        [&](int i, float x) { out.privileged_obs.put(first_privileged + i, x); });
}

/// See weigh_constraints. Not inlined, like `restart`.
template <class Legs>
__device__ __noinline__ void weigh(const Task& task, Legs legs, EnvState<float, Legs>& state) {
  weigh_constraints<float, Legs>(task, legs, state);
}

}  // namespace kennel::quadruped
