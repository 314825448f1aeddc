// One launch is one control step of every environment.
//
// Four neighbouring threads own an environment, a leg each; sums over legs are two shuffles. State
// is loaded once into shared memory, where the physics finds it when it has registers to spare, and
// is stored once (field_layout.h). Observations leave through shared memory (warp_rows.h).
// The number of environments is padded to whole blocks and no thread returns early, because the
// shuffles need all lanes; padding environments run and write nothing.
#include "envs/pupper_v3/control_step.h"
#include "envs/pupper_v3/reset.h"
#include "kernels/field_layout.h"
#include "kernels/launch.h"
#include "kernels/step_args.h"
#include "kernels/warp_leg.h"
#include "kernels/warp_rows.h"

namespace kennel {
namespace {

using namespace pupper;

// Threads a block. The general kernel's shared memory allows no more: 48 KB without asking for it.
constexpr int kThreads = 64, kFoldedThreads = 128;
static_assert(kPadding * kNumLegs % kThreads == 0 && kPadding * kNumLegs % kFoldedThreads == 0);

/// An odd number of words puts the threads of a warp on different banks.
template <class State, bool kOdd = sizeof(State) / 4 % 2 == 1>
struct OddWords : State {};
template <class State>
struct OddWords<State, false> : State {
  float pad;
};

/// What a warp shares: first what its threads keep over the physics, then the rows they write.
template <class Legs>
union WarpScratch {
  OddWords<Simulated<float, Legs>> simulated[kWarpSize];
  RowScratch rows;
};

/// What this thread is.
struct At {
  int env, leg;
};

/// \param block  threads a block; a constant, which costs no register
__device__ At this_thread(int block) {
  const int thread = blockIdx.x * block + threadIdx.x;
  return {thread / kNumLegs, thread % kNumLegs};
}

/// Visits every field of a state with its address: visit(field number, address, whether the leg's
/// own).
template <class Legs, class Visit>
__device__ __forceinline__ void each_field(const BatchMemory& batch, const At& at, Visit&& visit) {
  using Layout = FieldLayout<Legs>;
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
static_assert(FieldLayout<FoldedWarpLeg>::kBaseFields == FieldLayout<WarpLeg>::kBaseFields &&
              FieldLayout<FoldedWarpLeg>::kLegFields <= FieldLayout<WarpLeg>::kLegFields);

__device__ __forceinline__ HistoryMemory history_of(const BatchMemory& batch, const At& at) {
  constexpr std::size_t kStateFields = FieldLayout<WarpLeg>::kFieldsPerEnv;
  return {reinterpret_cast<float*>(batch.state + kStateFields * batch.stride), at.env};
}

/// Starts an environment's next episode and writes its first observations. Not inlined: it is rare,
/// and would cost the step registers.
template <class Legs>
__device__ __noinline__ void restart(const Task& task, const BatchMemory& batch, Legs legs, At at,
                                     const StepPointers& out, EnvState<float, Legs>& state) {
  HistoryMemory history = history_of(batch, at);
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
}

/// Keeps the first environment that diverges. All four of its threads call it; batch.state still
/// holds the control step's start.
template <class Legs>
__device__ __noinline__ void keep_divergence(const BatchMemory& batch, At at,
                                             const EnvState<float, Legs>& state) {
  const unsigned lane = threadIdx.x % 32, group = 0xfu << (lane & ~3u);
  int taken = 1;
  if (at.leg == 0) taken = atomicCAS(&batch.kept->claimed, 0, 1);
  if (__shfl_sync(group, taken, lane & ~3u) != 0) return;
  KeptDivergence& kept = *batch.kept;
  kept.env = at.env;
  using Layout = FieldLayout<WarpLeg>;
  const std::size_t stride = batch.stride, env = at.env;
  for (std::size_t f = at.leg; f < Layout::kBaseFields; f += kNumLegs)
    kept.before[f] = batch.state[f * stride + env];
  for (std::size_t f = 0; f < Layout::kLegFields; ++f)
    kept.before[Layout::kBaseFields + kNumLegs * f + at.leg] =
        batch.state[(Layout::kBaseFields + kNumLegs * f) * stride + kNumLegs * env + at.leg];
  At alone = at;
  alone.env = 0;
  BatchMemory one = batch;
  one.state = kept.after.data();
  one.stride = 1;
  store(one, alone, state);
  __syncwarp(group);  // before anyone stores the new state over what was read here
}

/// See weigh_constraints. Not inlined, like `restart`.
__device__ __noinline__ void weigh(const Task& task, WarpLeg legs,
                                   EnvState<float, WarpLeg>& state) {
  weigh_constraints<float, WarpLeg>(task, legs, state);
}
__device__ __forceinline__ void weigh(const Task&, FoldedWarpLeg, EnvState<float, FoldedWarpLeg>&) {
}

__global__ void __launch_bounds__(kThreads)
    reset_kernel(const __grid_constant__ Task task, const __grid_constant__ BatchMemory batch,
                 const __grid_constant__ StepPointers out, bool first) {
  const At at = this_thread(kThreads);
  const WarpLeg legs{at.leg, {}};
  EnvState<float, WarpLeg> state{};
  if (first) {
    state.env_id = batch.first_env_id + at.env;
    state.episode = 0;
  } else {
    load(batch, at, state);
  }
  restart(task, batch, legs, at, out, state);
  weigh(task, legs, state);
  __syncwarp();  // before leg 0 stores what the environment's other threads load
  store(batch, at, state);
}

/// Adds a step's statistics to the environment's sums.
__device__ __forceinline__ void add_stats(const BatchMemory& batch, const At& at,
                                          const EnvStats<float>& stats) {
  float fields[kStatFields];
  memcpy(fields, &stats, sizeof stats);
#pragma unroll
  for (int f = 0; f < kStatFields; ++f)
    batch.stats[static_cast<std::size_t>(f) * batch.stride + at.env] += fields[f];
}

template <int kBlock, class Legs>
__device__ __forceinline__ void step_envs(const Legs& legs, const At& at, const Task& task,
                                          const BatchMemory& batch, const float* action,
                                          const StepPointers& out) {
  __shared__ OddWords<EnvState<float, Legs>> states[kBlock];
  __shared__ WarpScratch<Legs> scratches[kBlock / kWarpSize];
  const int lane = threadIdx.x % kWarpSize;
  EnvState<float, Legs>& state = states[threadIdx.x];
  WarpScratch<Legs>& scratch = scratches[threadIdx.x / kWarpSize];
  const bool real = at.env < batch.num_envs;
  load(batch, at, state);
  float queued[1][kJointsPerLeg] = {};
  if (real)
    for (int j = 0; j < kJointsPerLeg; ++j)
      queued[0][j] =
          action[static_cast<std::size_t>(at.env) * kNumJoints + kJointsPerLeg * at.leg + j];

  EnvStats<float> stats{};
  StepReport<float, Legs> report;
  simulate_step<float, Legs>(task, legs, queued, state, scratch.simulated[lane], report);
  const StepOutcome<float> outcome =
      judge_step<float, Legs>(task, legs, scratch.simulated[lane], state, report, stats);
  if (real && at.leg == 0) {
    add_stats(batch, at, stats);
    out.reward[at.env] = outcome.reward;
    out.terminated[at.env] = outcome.terminated;
    out.truncated[at.env] = outcome.timed_out + outcome.change.changed;
  }

  // The same in all four threads of an environment: it follows from sums over legs and the base.
  const bool restarts = outcome.terminated + outcome.timed_out > 0.0f,
             diverged = outcome.diverged > 0.0f;
  const bool retargeted = outcome.change.changed > 0.0f;
  constexpr unsigned kAll = 0xffffffffu;
  const int first_env = at.env - lane / kNumLegs;
  const WarpRows rows{lane,
                      first_env,
                      __ballot_sync(kAll, real && !restarts),
                      __ballot_sync(kAll, real && (restarts || retargeted)),
                      __ballot_sync(kAll, diverged),
                      &history_of(batch, At{first_env, 0}).at(0, 0),
                      out};
  write_rows(task, legs, Seen<Legs>{outcome.imu, state, report}, rows, scratch.rows,
             [] { __syncwarp(); });
  HistoryMemory history = history_of(batch, at);
  apply_change(legs, outcome.change, state, history);
  // Where an episode goes on, its observation is the next one's too, but for a new command.
  if (real && retargeted && at.leg == 0) {
    constexpr int kCommand = offset_in(kFrame, "command");
    const std::size_t env = static_cast<std::size_t>(at.env);
    for (int i = 0; i < 3; ++i) {
      out.obs.put(env * task.obs_size + kCommand + i, outcome.change.command[i]);
      out.privileged_obs.put(env * kPrivilegedSize + kCommand + i, outcome.change.command[i]);
    }
  }
  if (real && diverged) keep_divergence(batch, at, state);
  if (restarts) restart(task, batch, legs, at, out, state);  // no shuffle of all lanes inside
  weigh(task, legs, state);
  store(batch, at, state);
}

/// Any robot, any number of solver iterations.
__global__ void __launch_bounds__(kThreads)
    step_kernel(const __grid_constant__ Task task, const __grid_constant__ BatchMemory batch,
                const float* action, const __grid_constant__ StepPointers out) {
  const At at = this_thread(kThreads);
  step_envs<kThreads>(WarpLeg{at.leg, {}}, at, task, batch, action, out);
}

/// The shipped robot with training's solver and the model's own inverse weights.
__global__ void __launch_bounds__(kFoldedThreads)
    folded_step_kernel(const __grid_constant__ Task task, const __grid_constant__ BatchMemory batch,
                       const float* action, const __grid_constant__ StepPointers out) {
  const At at = this_thread(kFoldedThreads);
  step_envs<kFoldedThreads>(FoldedWarpLeg{{at.leg, {}}}, at, task, batch, action, out);
}

int blocks(const BatchMemory& batch, int threads) { return batch.stride * kNumLegs / threads; }

}  // namespace

void check_device_code() {
  cudaFuncAttributes attributes;
  const cudaError_t code = cudaFuncGetAttributes(&attributes, folded_step_kernel);
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

std::size_t state_bytes_per_env() {
  return 4 * (FieldLayout<WarpLeg>::kFieldsPerEnv + HistoryMemory::kFieldsPerEnv);
}

void launch_reset(const Task& task, const BatchMemory& batch, const StepPointers& out, bool first,
                  cudaStream_t stream) {
  launch("reset kernel", reset_kernel, {blocks(batch, kThreads), kThreads}, stream, task, batch,
         out, first);
}

void launch_step(const Task& task, const BatchMemory& batch, const float* action,
                 const StepPointers& out, cudaStream_t stream) {
  const bool folded =
      FoldedWarpLeg::fits(task.model, task.solver) && !task.config.randomization.exact_invweight;
  const auto kernel = folded ? folded_step_kernel : step_kernel;
  const int threads = folded ? kFoldedThreads : kThreads;
  launch("step kernel", kernel, {blocks(batch, threads), threads}, stream, task, batch, action,
         out);
}

}  // namespace kennel
