// Arguments of the kernels: plain pointers into device memory, owned by the caller.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>

#include "envs/quadruped/task.h"
#include "kennel/batch/kept_divergence.h"
#include "kennel/batch/step_pointers.h"

namespace kennel {

/// Device memory of a batch. `stride` is the number of environments padded to whole blocks.
/// Everything starts as zeros.
struct BatchMemory {
  std::uint32_t* state;  // state_bytes_per_env(points) / 4 fields of `stride` environments
  float* stats;          // EnvStats fields of `stride` environments
  std::uint32_t*
      steps_taken;  // control steps so far, a word for each warp's kWarpEnvs environments
  quadruped::Schedule* schedule;  // what `launch_schedule` wrote last
  KeptDivergence* kept;
  int num_envs, stride;
  std::uint32_t first_env_id;
  int points = kFewPoints;  // of a leg: points_of(the robot)
};

/// Points a leg that the kernels for a robot compute.
inline int points_of(const Quadruped<float>& robot) {
  return has_many_points(robot) ? kMaxPoints : kFewPoints;
}

std::size_t state_bytes_per_env(int points);
inline constexpr int kStatFields = sizeof(quadruped::EnvStats<float>) / sizeof(float);
inline constexpr int kPadding = 32;  // environments; 4 warps

/// Starts a new episode everywhere, or where `chosen` (num_envs, on the device) is not 0. `first`
/// also numbers the environments. Graph-capturable; never allocates or synchronises.
void launch_reset(const quadruped::Task& task, const BatchMemory& batch, const StepPointers& out,
                  bool first, const std::uint8_t* chosen, cudaStream_t stream);

/// Numbers environments for their random numbers: e is first_env_id + e % period, with this many
/// episodes behind it. The next `launch_reset` draws by it; it must not be the `first`.
void launch_renumber(const BatchMemory& batch, int period, std::uint32_t episodes,
                     cudaStream_t stream);

/// Sets the clocks of all episodes.
/// \param steps  (num_envs) on the device, control steps since their start
void launch_set_clocks(const BatchMemory& batch, const float* steps, cudaStream_t stream);

/// Writes the schedule that the following steps read, captured ones included.
void launch_schedule(const BatchMemory& batch, const quadruped::Schedule& schedule,
                     cudaStream_t stream);

/// Advances every environment by one control step.
/// \param action (num_envs, 12)
void launch_step(const quadruped::Task& task, const BatchMemory& batch, const float* action,
                 const StepPointers& out, cudaStream_t stream);

/// Sums each stat field over the environments into `sums` (kStatFields doubles on the device).
/// \param scratch from `stats_scratch_bytes`
void launch_sum_stats(const BatchMemory& batch, double* sums, void* scratch,
                      std::size_t scratch_bytes, cudaStream_t stream);
std::size_t stats_scratch_bytes(const BatchMemory& batch);

/// What this process has asked for so far by the launchers of this folder.
std::int64_t launched_kernels();

/// Throws Error where this build has no code for the current device.
void check_device_code();

/// Loads the kernels on the current device, so that none is loaded inside a graph's capture, and
/// lets them use the shared memory they need. Once for each device, before the first launch.
void prepare_kernels();

/// Throws Error when a CUDA call failed.
void check_cuda(cudaError_t code, const char* what);

}  // namespace kennel
