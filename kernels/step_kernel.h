// One launch is one control step of every environment.
//
// Sums over an environment's four threads are two shuffles. State is loaded once into shared
// memory, where the physics finds it when it has registers to spare, and is stored once
// (field_layout.h). Observations leave through shared memory (warp_rows.h). The number of
// environments is padded to whole blocks and no thread returns early, because the shuffles need all
// lanes; padding environments run and write nothing.
#pragma once

#include <utility>

#include "envs/quadruped/control_step.h"
#include "kennel/batch/warp_rows.h"
#include "kernels/env_thread.h"
#include "kernels/launch.h"
#include "kernels/step_kernels.h"

namespace kennel::quadruped {

static_assert(kPadding * kNumLegs % kGeneralThreads == 0 &&
              kPadding * kNumLegs % kFoldedThreads == 0);

// A folded leg keeps fewer fields; those it has are where the general one's are.
static_assert(FieldLayout<FoldedWarpLeg<FoldedRobot>>::kBaseFields ==
                  FieldLayout<WarpLeg>::kBaseFields &&
              FieldLayout<FoldedWarpLeg<FoldedRobot>>::kLegFields <=
                  FieldLayout<WarpLeg>::kLegFields);

/// Keeps a diverged environment for replay: of those of the first control step in which one
/// diverged, the one with the lowest number, whichever warp comes first. All lanes of a warp call
/// it; batch.state still holds the control step's start.
/// \param diverged  a bit for leg 0 of each diverged environment of the warp; not 0
/// \param states    of the warp's threads
template <class Legs>
__device__ __noinline__ void keep_divergence(const BatchMemory& batch, At at, unsigned diverged,
                                             const OddWords<EnvState<float, Legs>>* states) {
  const int lane = threadIdx.x % kWarpSize, first = __ffs(diverged) - 1;
  __syncwarp();  // the states are whole
  if (lane == first) {
    KeptDivergence& kept = *batch.kept;
    const int warp = at.env / kWarpEnvs;
    const unsigned long long rank = divergence_rank(batch.steps_taken[warp], at.env);
    // One thread copies alone, so that nothing waits for others while the lock is held.
    if (atomicMax(&kept.rank, rank) < rank) {
      while (atomicCAS(&kept.lock, 0, 1) != 0) {
      }
      __threadfence();
      if (atomicMax(&kept.rank, 0ull) == rank) {  // else one that goes before came meanwhile
        kept.env = at.env;
        using Layout = FieldLayout<Stored<Legs>>;
        const std::size_t stride = batch.stride, env = at.env;
        for (std::size_t f = 0; f < Layout::kBaseFields; ++f)
          kept.before[f] = batch.state[f * stride + env];
        for (std::size_t f = 0; f < Layout::kLegFields; ++f)
          for (int leg = 0; leg < kNumLegs; ++leg)
            kept.before[Layout::kBaseFields + kNumLegs * f + leg] =
                batch.state[(Layout::kBaseFields + kNumLegs * f) * stride + kNumLegs * env + leg];
        BatchMemory one = batch;
        one.state = kept.after.data();
        one.stride = 1;
#pragma unroll 1
        for (int leg = 0; leg < kNumLegs; ++leg) store<Legs>(one, At{0, leg}, states[first + leg]);
      }
      __threadfence();
      atomicExch(&kept.lock, 0);
    }
  }
  __syncwarp();  // before anyone stores the new state over what was read here
}

/// Adds a step's statistics to the environment's sums; the fields of reward terms that the task
/// lacks stay zero.
template <class Goal>
__device__ __forceinline__ void add_stats(const BatchMemory& batch, const At& at,
                                          const EnvStats<float>& stats) {
  float fields[kStatFields];
  memcpy(fields, &stats, sizeof stats);
#pragma unroll
  for (int f = 0; f < kStatFields - kMaxRewards + Goal::kNumRewards; ++f)
    batch.stats[static_cast<std::size_t>(f) * batch.stride + at.env] += fields[f];
}

template <class Goal, int kBlock, class Legs>
__device__ __forceinline__ void step_envs(const Legs& legs, const At& at,
                                          BlockMemory<kBlock, Legs>& memory, const Task& task,
                                          const BatchMemory& batch, const float* action,
                                          const StepPointers& out) {
  const int lane = threadIdx.x % kWarpSize;
  EnvState<float, Legs>& state = memory.states[threadIdx.x];
  WarpScratch<Legs>& scratch = memory.scratches[threadIdx.x / kWarpSize];
  const bool real = at.env < batch.num_envs;
  load(batch, at, state);
  float queued[1][kJointsPerLeg] = {};
  if (real)
    for (int j = 0; j < kJointsPerLeg; ++j)
      queued[0][j] =
          action[static_cast<std::size_t>(at.env) * kNumJoints + kJointsPerLeg * at.leg + j];

  EnvStats<float> stats{};
  StepReport<float, Legs> report;
  simulate_step<Goal, float, Legs>(task, legs, queued, state, scratch.simulated[lane], report);
  const StepOutcome<float> outcome = judge_step<Goal, float, Legs>(
      task, *batch.schedule, legs, scratch.simulated[lane], state, report, stats);
  if (real && at.leg == 0) {
    add_stats<Goal>(batch, at, stats);
    out.reward[at.env] = outcome.reward;
    out.terminated[at.env] = outcome.terminated;
    out.truncated[at.env] = outcome.timed_out;
    out.command_changed[at.env] = outcome.change.changed;
  }

  // What becomes of an environment is leg 0's word for all four threads. Theirs follow from sums
  // over legs and from the base and should agree, but a robot of which one leg restarts alone would
  // go on without an error.
  constexpr unsigned kAll = 0xffffffffu, kLeaders = 0x11111111u;
  const unsigned is_real = __ballot_sync(kAll, real),
                 ended = __ballot_sync(kAll, outcome.terminated + outcome.timed_out > 0.0f),
                 changed = __ballot_sync(kAll, outcome.change.changed > 0.0f),
                 diverged = __ballot_sync(kAll, outcome.diverged > 0.0f);
  const int leader = lane & ~(kNumLegs - 1);
  const bool restarts = ended >> leader & 1, retargeted = changed >> leader & 1;
  const int first_env = at.env - lane / kNumLegs;
  const WarpRows rows{lane,
                      first_env,
                      is_real & ~ended,
                      is_real & (ended | changed),
                      diverged,
                      &history_of<Legs>(batch, At{first_env, 0}).at(0, 0),
                      out};
  write_rows<Goal::kRow.traits.sees_motion>(task, legs, Seen<Legs>{outcome.imu, state, report},
                                            rows, scratch.rows, [] { __syncwarp(); });
  HistoryMemory history = history_of<Legs>(batch, at);
  CommandChange<float> change = outcome.change;
  change.changed = retargeted;
  apply_change(legs, change, state, history);
  // Where an episode goes on, its observation is the next one's too, but for a new command.
  if (real && retargeted && at.leg == 0) {
    constexpr int kCommand = offset_in(kFrame, "command");
    const std::size_t env = static_cast<std::size_t>(at.env);
    for (int i = 0; i < 3; ++i) {
      out.obs.put(env * task.obs_size + kCommand + i, change.command[i]);
      out.privileged_obs.put(env * kPrivilegedSize + kCommand + i, change.command[i]);
    }
  }
  const unsigned to_keep = diverged & is_real & kLeaders;
  if (to_keep != 0) keep_divergence<Legs>(batch, at, to_keep, &memory.states[threadIdx.x - lane]);
  if (lane == 0) ++batch.steps_taken[at.env / kWarpEnvs];
  if (restarts) restart(task, batch, legs, at, out, state);  // no shuffle of all lanes inside
  if constexpr (!kKnownConstants<Legs>) weigh(task, legs, state);
  store(batch, at, state);
}

/// The robot's legs to where a block's threads reach them; all threads of the block call it.
template <class Legs>
__device__ __forceinline__ void copy_constants(const Task& task,
                                               LoadedBlockMemory<kGeneralThreads, Legs>& memory) {
  using Constants = Leg<float, Legs::kPoints>;
  constexpr int kLegWords = sizeof(Constants) / 4;
  static_assert(offsetof(Constants, sphere) == offsetof(Leg<float>, sphere));
  for (int i = threadIdx.x; i < kNumLegs * kLegWords; i += kGeneralThreads)
    reinterpret_cast<std::uint32_t*>(&memory.constants[i / kLegWords])[i % kLegWords] =
        reinterpret_cast<const std::uint32_t*>(&task.model.leg[i / kLegWords])[i % kLegWords];
  __syncthreads();
}

/// A robot whose constants are loaded: LoadedWarpLeg for any robot with few points and any number
/// of solver iterations, ManyLoadedWarpLeg for one with many, PlainWarpLeg for a plain robot with
/// training's solver.
template <class Goal, class Legs>
__global__ void __launch_bounds__(kGeneralThreads)
    loaded_step_kernel(const __grid_constant__ Task task, const __grid_constant__ BatchMemory batch,
                       const float* action, const __grid_constant__ StepPointers out) {
  const At at = this_thread(kGeneralThreads);
  auto& memory = block_memory<LoadedBlockMemory<kGeneralThreads, Legs>>();
  copy_constants(task, memory);
  const Legs legs{at.leg, WarpShuffle{}, &memory.constants[at.leg]};
  step_envs<Goal, kGeneralThreads>(legs, at, memory, task, batch, action, out);
}

/// A shipped robot with training's solver and the model's own inverse weights.
template <class Goal, class Robot>
__global__ void __launch_bounds__(kFoldedThreads)
    folded_step_kernel(const __grid_constant__ Task task, const __grid_constant__ BatchMemory batch,
                       const float* action, const __grid_constant__ StepPointers out) {
  const At at = this_thread(kFoldedThreads);
  step_envs<Goal, kFoldedThreads>(FoldedWarpLeg<Robot>{{at.leg, {}}}, at,
                                  block_memory<FoldedMemoryOf<Robot>>(), task, batch, action, out);
}

template <class Goal, int... folded, int... plain>
StepKernels step_kernels(std::integer_sequence<int, folded...>,
                         std::integer_sequence<int, plain...>) {
  static_assert(((sizeof(FoldedMemoryOf<FoldedRobotAt<folded>>) == sizeof(FoldedMemory)) && ...));
  static_assert(((sizeof(LoadedBlockMemory<kGeneralThreads, PlainWarpLeg<PlainLinksAt<plain>>>) ==
                  sizeof(GeneralMemory)) &&
                 ...));
  return {{folded_step_kernel<Goal, FoldedRobotAt<folded>>...},
          {loaded_step_kernel<Goal, PlainWarpLeg<PlainLinksAt<plain>>>...},
          loaded_step_kernel<Goal, LoadedWarpLeg>,
          loaded_step_kernel<Goal, ManyLoadedWarpLeg>};
}

template <class Goal>
StepKernels step_kernels() {
  return step_kernels<Goal>(std::make_integer_sequence<int, kNumFolded>{},
                            std::make_integer_sequence<int, kNumPlain>{});
}

}  // namespace kennel::quadruped
