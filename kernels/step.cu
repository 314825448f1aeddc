// Launching the step kernels, and the kernels around them.
#include "envs/tasks/tasks.h"
#include "kernels/env_thread.h"
#include "kernels/launch.h"
#include "kernels/step_kernels.h"

namespace kennel {
namespace {

using namespace quadruped;

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

template <class Legs>
__global__ void __launch_bounds__(kGeneralThreads)
    renumber_kernel(const __grid_constant__ BatchMemory batch, int period, std::uint32_t episodes) {
  const At at = this_thread(kGeneralThreads);
  EnvState<float, Legs> state{};
  load(batch, at, state);
  state.env_id = batch.first_env_id + at.env % period;
  state.episode = episodes;
  __syncwarp();  // before leg 0 stores what the environment's other threads load
  store(batch, at, state);
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

/// \param task  of kTasks
StepKernels kernels_of(int task) {
  StepKernels kernels;
  with_task(task, [&]<class Goal>(Goal) { kernels = step_kernels<Goal>(); });
  return kernels;
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
  allow(renumber_kernel<WarpLeg>, 0);
  allow(renumber_kernel<ManyWarpLeg>, 0);
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

void launch_renumber(const BatchMemory& batch, int period, std::uint32_t episodes,
                     cudaStream_t stream) {
  KENNEL_ASSERT(period >= 1);
  launch("renumber kernel",
         batch.points == kFewPoints ? renumber_kernel<WarpLeg> : renumber_kernel<ManyWarpLeg>,
         {blocks(batch, kGeneralThreads), kGeneralThreads}, stream, batch, period, episodes);
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
