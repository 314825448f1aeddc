// One launch is one control step of every environment.
//
// Four neighbouring threads own an environment, a leg each; sums over legs are two shuffles. State
// is loaded once into shared memory, where the physics finds it when it has registers to spare, and
// is stored once (field_layout.h). Observations leave through shared memory (warp_rows.h).
// The number of environments is padded to whole blocks and no thread returns early, because the
// shuffles need all lanes; padding environments run and write nothing.
#include <array>
#include <type_traits>
#include <utility>

#include "envs/quadruped/control_step.h"
#include "envs/quadruped/reset.h"
#include "kennel/batch/field_layout.h"
#include "kennel/batch/folded_fit.h"
#include "kennel/batch/plain_fit.h"
#include "kennel/batch/warp_rows.h"
#include "kernels/block_memory.h"
#include "kernels/launch.h"
#include "kernels/step_args.h"
#include "kernels/warp_leg.h"

namespace kennel {
namespace {

using namespace quadruped;

static_assert(kPadding * kNumLegs % kGeneralThreads == 0 &&
              kPadding * kNumLegs % kFoldedThreads == 0);

using FirstFoldedLeg = FoldedWarpLeg<FoldedRobot>;
template <class Robot>
using FoldedMemoryOf = BlockMemory<kFoldedThreads, FoldedWarpLeg<Robot>>;
using FoldedMemory = FoldedMemoryOf<FoldedRobot>;  // of the same size for every robot
using GeneralMemory = LoadedBlockMemory<kGeneralThreads, LoadedWarpLeg>;
using ManyMemory = LoadedBlockMemory<kGeneralThreads, ManyLoadedWarpLeg>;
static_assert(sizeof(FullOn<arch_too_small(sizeof(FoldedMemory), sizeof(GeneralMemory),
                                           sizeof(ManyMemory))>) > 0);

/// The mapping whose fields a batch's memory holds.
template <class Legs>
using Stored = std::conditional_t<kPointsOnBase<Legs>, ManyWarpLeg, WarpLeg>;

/// What this thread is.
struct At {
  int env, leg;
};

/// \param block  threads a block; a constant, which costs no register
__device__ At this_thread(int block) {
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

// A folded leg keeps fewer fields; those it has are where the general one's are.
static_assert(FieldLayout<FirstFoldedLeg>::kBaseFields == FieldLayout<WarpLeg>::kBaseFields &&
              FieldLayout<FirstFoldedLeg>::kLegFields <= FieldLayout<WarpLeg>::kLegFields);

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

/// See weigh_constraints. Not inlined, like `restart`.
template <class Legs>
__device__ __noinline__ void weigh(const Task& task, Legs legs, EnvState<float, Legs>& state) {
  weigh_constraints<float, Legs>(task, legs, state);
}

/// \tparam Legs  WarpLeg or ManyWarpLeg
template <class Legs>
__global__ void __launch_bounds__(kGeneralThreads)
    reset_kernel(const __grid_constant__ Task task, const __grid_constant__ BatchMemory batch,
                 const __grid_constant__ StepPointers out, bool first, const std::uint8_t* chosen) {
  const At at = this_thread(kGeneralThreads);
  Legs legs{};
  legs.leg_index = at.leg;
  EnvState<float, Legs> state{};
  if (first) {
    state.env_id = batch.first_env_id + at.env;
    state.episode = 0;
  } else {
    load(batch, at, state);
  }
  // No shuffle of all lanes inside; what `weigh` computes for the others is what they have.
  if (!chosen || (at.env < batch.num_envs && chosen[at.env] != 0))
    restart(task, batch, legs, at, out, state);
  weigh(task, legs, state);
  __syncwarp();  // before leg 0 stores what the environment's other threads load
  store(batch, at, state);
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

using StepFunction = void (*)(Task, BatchMemory, const float*, StepPointers);

/// The kernels of a task.
struct StepKernels {
  std::array<StepFunction, kNumFolded> folded;  // in the order of FoldedRobots
  std::array<StepFunction, kNumPlain> plain;    // in the order of PlainLinks
  StepFunction general, many;                   // any robot with few points; any robot
};

template <class Goal, int... folded, int... plain>
StepKernels kernels_of(std::integer_sequence<int, folded...>,
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

/// \param task  of kTasks
StepKernels kernels_of(int task) {
  StepKernels kernels;
  with_task(task, [&]<class Goal>(Goal) {
    kernels = kernels_of<Goal>(std::make_integer_sequence<int, kNumFolded>{},
                               std::make_integer_sequence<int, kNumPlain>{});
  });
  return kernels;
}

template <class Legs>
__global__ void __launch_bounds__(kGeneralThreads)
    clock_kernel(const __grid_constant__ BatchMemory batch, const float* steps) {
  const At at = this_thread(kGeneralThreads);
  EnvState<float, Legs> state{};
  load(batch, at, state);
  if (at.env < batch.num_envs) state.step = steps[at.env];
  __syncwarp();  // before leg 0 stores what the environment's other threads load
  store(batch, at, state);
}

__global__ void schedule_kernel(Schedule* to, const Schedule schedule) { *to = schedule; }

int blocks(const BatchMemory& batch, int threads) {
  KENNEL_ASSERT(batch.num_envs >= 1 && batch.num_envs <= batch.stride);
  KENNEL_ASSERT(batch.stride % kPadding == 0);
  return batch.stride * kNumLegs / threads;
}

}  // namespace

void check_device_code() {
  cudaFuncAttributes attributes;
  const cudaError_t code = cudaFuncGetAttributes(&attributes, kernels_of(0).folded.front());
  if (code == cudaErrorNoKernelImageForDevice || code == cudaErrorInvalidDeviceFunction ||
      code == cudaErrorUnsupportedPtxVersion) {
    int device = 0;
    cudaDeviceProp p{};
    check_cuda(cudaGetDevice(&device), "asking for the device");
    check_cuda(cudaGetDeviceProperties(&p, device), "asking for the device's properties");
    fail("device cuda:", device, " is a ", p.name, " of compute capability ", p.major, ".", p.minor,
         ", for which this build has no code; build it with: KENNEL_CUDA=ON "
         "KENNEL_CUDA_ARCHS=native ./kennel build --all");
  }
  check_cuda(code, "loading the step kernel");
}

std::size_t state_bytes_per_env(int points) {
  const std::size_t fields = points == kFewPoints ? FieldLayout<WarpLeg>::kFieldsPerEnv
                                                  : FieldLayout<ManyWarpLeg>::kFieldsPerEnv;
  return 4 * (fields + HistoryMemory::kFieldsPerEnv);
}

void prepare_kernels() {
  const auto allow = [](auto kernel, std::size_t bytes) {
    check_cuda(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                    static_cast<int>(bytes)),
               "asking for a kernel's shared memory");
  };
  for (int task = 0; task < kNumTasks; ++task) {
    const StepKernels kernels = kernels_of(task);
    for (const StepFunction folded : kernels.folded) allow(folded, sizeof(FoldedMemory));
    for (const StepFunction plain : kernels.plain) allow(plain, sizeof(GeneralMemory));
    allow(kernels.general, sizeof(GeneralMemory));
    allow(kernels.many, sizeof(ManyMemory));
  }
  allow(reset_kernel<WarpLeg>, 0);
  allow(reset_kernel<ManyWarpLeg>, 0);
  allow(clock_kernel<WarpLeg>, 0);
  allow(clock_kernel<ManyWarpLeg>, 0);
  allow(schedule_kernel, 0);
}

void launch_schedule(const BatchMemory& batch, const Schedule& schedule, cudaStream_t stream) {
  launch("schedule kernel", schedule_kernel, {1, 1}, stream, batch.schedule, schedule);
}

void launch_reset(const Task& task, const BatchMemory& batch, const StepPointers& out, bool first,
                  const std::uint8_t* chosen, cudaStream_t stream) {
  KENNEL_ASSERT(batch.points == points_of(task.model));
  launch("reset kernel",
         batch.points == kFewPoints ? reset_kernel<WarpLeg> : reset_kernel<ManyWarpLeg>,
         {blocks(batch, kGeneralThreads), kGeneralThreads}, stream, task, batch, out, first,
         chosen);
}

void launch_set_clocks(const BatchMemory& batch, const float* steps, cudaStream_t stream) {
  launch("clock kernel",
         batch.points == kFewPoints ? clock_kernel<WarpLeg> : clock_kernel<ManyWarpLeg>,
         {blocks(batch, kGeneralThreads), kGeneralThreads}, stream, batch, steps);
}

void launch_step(const Task& task, const BatchMemory& batch, const float* action,
                 const StepPointers& out, cudaStream_t stream) {
  const StepKernelChoice choice = choose_step_kernel(task);
  KENNEL_ASSERT(batch.points == points_of(task.model));
  const StepKernels kernels = kernels_of(task.config.task_index());
  const auto start = [&](StepFunction kernel, int threads, std::size_t shared) {
    launch("step kernel", kernel, {blocks(batch, threads), threads, shared}, stream, task, batch,
           action, out);
  };
  switch (choice.kernel) {
    case StepKernel::kFolded:
      return start(kernels.folded[choice.index], kFoldedThreads, sizeof(FoldedMemory));
    case StepKernel::kPlain:
      return start(kernels.plain[choice.index], kGeneralThreads, sizeof(GeneralMemory));
    case StepKernel::kGeneral:
      return start(kernels.general, kGeneralThreads, sizeof(GeneralMemory));
    case StepKernel::kMany:
      return start(kernels.many, kGeneralThreads, sizeof(ManyMemory));
  }
}

}  // namespace kennel
