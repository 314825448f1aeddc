// One launch is one control step of every environment.
//
// Four neighbouring threads own an environment, a leg each; sums over legs are two shuffles. State
// is loaded once, stays in registers over all physics steps, and is stored once (field_layout.h).
// The number of environments is padded to whole warps and no thread returns early, because the
// shuffles need all lanes; padding environments run and write nothing.
#include "envs/pupper_v3/control_step.h"
#include "envs/pupper_v3/reset.h"
#include "kernels/field_layout.h"
#include "kernels/step_args.h"
#include "kernels/warp_leg.h"

namespace kennel {
namespace {

using namespace pupper;

constexpr int kThreads = 128;  // 32 environments a block

using Layout = FieldLayout<WarpLeg>;
using State = EnvState<float, WarpLeg>;

/// What this thread is.
struct At {
  int env, leg;
  __device__ At() {
    const int thread = blockIdx.x * kThreads + threadIdx.x;
    env = thread / kNumLegs;
    leg = thread % kNumLegs;
  }
};

/// Visits every field of a state with its address: visit(field number, address, whether the leg's
/// own).
template <class Visit>
__device__ __forceinline__ void each_field(const BatchMemory& batch, const At& at, Visit&& visit) {
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

/// Loads what a stage is the first to need.
__device__ __forceinline__ void load(Stage stage, const BatchMemory& batch, const At& at,
                                     State& state) {
  each_field(batch, at, [&](std::size_t field, const std::uint32_t* from, bool) {
    if (Layout::stage(field) != stage) return;
    const std::uint32_t word = *from;
    memcpy(reinterpret_cast<char*>(&state) + 4 * field, &word, sizeof word);
  });
}

__device__ __forceinline__ void store(const BatchMemory& batch, const At& at, const State& state) {
  std::uint32_t words[Layout::kFields];
  memcpy(words, &state, sizeof state);
  each_field(batch, at, [&](std::size_t field, std::uint32_t* to, bool own) {
    if (own || at.leg == 0) *to = words[field];
  });
}

/// Starts an environment's next episode and writes its first observations.
__device__ void restart(const Task& task, const BatchMemory& batch, const WarpLeg& legs,
                        const At& at, const StepPointers& out, State& state) {
  ++state.episode;
  reset_env<float, WarpLeg>(task, legs, state);
  const bool real = at.env < batch.num_envs;
  float* obs = out.obs + static_cast<std::size_t>(at.env) * task.obs_size;
  float* privileged = out.privileged_obs + static_cast<std::size_t>(at.env) * kPrivilegedSize;
  observe<float, WarpLeg>(task, legs, true_imu(state.physics), state, [&](int i, float x) {
    if (real) obs[i] = x;
  });
  observe_privileged<float, WarpLeg>(task, legs, state,
                                     static_cast<const StepReport<float, WarpLeg>*>(nullptr),
                                     [&](int i, float x) {
                                       if (real) privileged[i] = x;
                                     });
}

__global__ void __launch_bounds__(kThreads)
    reset_kernel(const __grid_constant__ Task task, const BatchMemory batch, const StepPointers out,
                 bool first) {
  const At at;
  const WarpLeg legs{at.leg, {}};
  State state{};
  if (first) {
    state.env_id = batch.first_env_id + at.env;
    state.episode = 0;
  } else {
    for (Stage stage : {Stage::kPhysics, Stage::kOutcome, Stage::kObservation})
      load(stage, batch, at, state);
  }
  restart(task, batch, legs, at, out, state);
  store(batch, at, state);
}

/// Adds a step's statistics to the environment's sums.
__device__ __forceinline__ void add_stats(const BatchMemory& batch, const At& at,
                                          const EnvStats<float>& stats) {
  if (at.leg != 0) return;
  float fields[kStatFields];
  memcpy(fields, &stats, sizeof stats);
#pragma unroll
  for (int f = 0; f < kStatFields; ++f)
    batch.stats[static_cast<std::size_t>(f) * batch.stride + at.env] += fields[f];
}

__global__ void __launch_bounds__(kThreads)
    step_kernel(const __grid_constant__ Task task, const BatchMemory batch, const float* action,
                const StepPointers out) {
  const At at;
  const WarpLeg legs{at.leg, {}};
  const bool real = at.env < batch.num_envs;
  State state;
  load(Stage::kPhysics, batch, at, state);
  float queued[1][kJointsPerLeg] = {};
  if (real)
    for (int j = 0; j < kJointsPerLeg; ++j)
      queued[0][j] =
          action[static_cast<std::size_t>(at.env) * kNumJoints + kJointsPerLeg * at.leg + j];

  EnvStats<float> stats{};
  StepReport<float, WarpLeg> report;
  const Simulated<float, WarpLeg> simulated =
      simulate_step<float, WarpLeg>(task, legs, queued, state, report);
  load(Stage::kOutcome, batch, at, state);
  const StepOutcome<float> outcome =
      judge_step<float, WarpLeg>(task, legs, simulated, state, report, stats);
  load(Stage::kObservation, batch, at, state);

  // The same in all four threads of an environment: it follows from sums over legs and the base.
  const bool restarts = outcome.terminated + outcome.timed_out > 0.0f,
             diverged = outcome.diverged > 0.0f;
  const bool retargeted = outcome.change.changed > 0.0f;
  const bool keep_final = real && (restarts || retargeted);
  // Where an episode goes on, its observation is the next one's too, but for a new command.
  constexpr int kCommand = offset_in(kFrame, "command");
  const auto told = [&](int i, float x) {
    return retargeted && i >= kCommand && i < kCommand + 3 ? outcome.change.command[i - kCommand]
                                                           : x;
  };
  const auto write = [&](float* rows, float* final_rows, int size, int i, float x) {
    const std::size_t at_i = static_cast<std::size_t>(at.env) * size + i;
    if (keep_final) final_rows[at_i] = diverged ? 0.0f : x;
    if (real && !restarts) rows[at_i] = told(i, x);
  };
  observe<float, WarpLeg>(task, legs, outcome.imu, state, [&](int i, float x) {
    write(out.obs, out.final_obs, task.obs_size, i, x);
  });
  observe_privileged<float, WarpLeg>(task, legs, state, &report, [&](int i, float x) {
    write(out.privileged_obs, out.final_privileged_obs, kPrivilegedSize, i, x);
  });
  apply_change(outcome.change, state);
  if (real) add_stats(batch, at, stats);
  if (real && at.leg == 0) {
    out.reward[at.env] = outcome.reward;
    out.terminated[at.env] = outcome.terminated;
    out.truncated[at.env] = outcome.timed_out + outcome.change.changed;
  }
  if (restarts) restart(task, batch, legs, at, out, state);  // no shuffle inside
  store(batch, at, state);
}

dim3 blocks(const BatchMemory& batch) { return dim3(batch.stride * kNumLegs / kThreads); }

}  // namespace

std::size_t state_bytes_per_env() { return Layout::kBytesPerEnv; }

void launch_reset(const Task& task, const BatchMemory& batch, const StepPointers& out, bool first,
                  cudaStream_t stream) {
  reset_kernel<<<blocks(batch), kThreads, 0, stream>>>(task, batch, out, first);
  check_cuda(cudaGetLastError(), "reset kernel");
}

void launch_step(const Task& task, const BatchMemory& batch, const float* action,
                 const StepPointers& out, cudaStream_t stream) {
  step_kernel<<<blocks(batch), kThreads, 0, stream>>>(task, batch, action, out);
  check_cuda(cudaGetLastError(), "step kernel");
}

}  // namespace kennel
