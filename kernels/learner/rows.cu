// Rows of a rollout as the learner reads them: by index, or in an epoch's order. A warp takes a
// row, so that neighbouring threads read neighbouring numbers; the permutation is computed where it
// is needed, from the row's number alone.
#include "kennel/core/normal.h"
#include "kernels/launch.h"
#include "kernels/learner/block_sum.h"
#include "kernels/learner/keys.h"
#include "kernels/learner/learner_args.h"

namespace kennel {
namespace {

constexpr int kThreads = 256, kWarps = kThreads / kLanes;
constexpr std::int64_t kMostBlocks = 2048;  // beyond, a warp takes several rows

__device__ std::int64_t first_row() {
  return std::int64_t{blockIdx.x} * kWarps + threadIdx.x / kLanes;
}
__device__ std::int64_t row_stride() { return std::int64_t{gridDim.x} * kWarps; }

__device__ void scale_row(const ScaledRows& x, std::int64_t row, float* out) {
  for (int k = threadIdx.x % kLanes; k < x.n; k += kLanes) out[k] = x(row, k);
}

__global__ void gather_kernel(const __grid_constant__ GatherArgs a) {
  for (std::int64_t r = first_row(); r < a.rows; r += row_stride())
    scale_row(a.x, a.index[r], a.out + r * a.x.n);
}

__global__ void order_kernel(KeyedSteps at, int epoch, const __grid_constant__ EpochOrder order,
                             std::int64_t* out) {
  const std::int64_t rows = order.rows, stride = std::int64_t{gridDim.x} * kThreads;
  for (std::int64_t r = std::int64_t{blockIdx.x} * kThreads + threadIdx.x; r < rows; r += stride)
    out[r] = row_at(at, epoch, order, r);
}

__global__ void epoch_kernel(const __grid_constant__ EpochArgs a) {
  const int lane = threadIdx.x % kLanes;
  const std::int64_t rows = a.order.rows;
  for (std::int64_t r = first_row(); r < rows; r += row_stride()) {
    const std::int64_t from = row_at(a.at, a.epoch, a.order, r);
    scale_row(a.obs, from, a.obs_out + r * a.obs.n);
    scale_row(a.privileged_obs, from, a.privileged_obs_out + r * a.privileged_obs.n);
    for (int k = lane; k < a.action_size; k += kLanes)
      a.samples_out.action[r * a.action_size + k] = a.samples.action[from * a.action_size + k];
    if (lane == 0) a.samples_out.log_prob[r] = a.samples.log_prob[from];
    if (lane == 1) a.samples_out.advantage[r] = a.samples.advantage[from];
    if (lane == 2) a.samples_out.returns[r] = a.samples.returns[from];
    if (lane == 3) a.samples_out.value[r] = a.samples.value[from];
  }
}

/// A thread makes four numbers of an environment's step.
__global__ void noise_kernel(KeyedSteps at, std::uint32_t first_env, int steps, int envs, int n,
                             float* noise) {
  const int fours = (n + 3) / 4;
  const std::int64_t count = std::int64_t{steps} * envs * fours;
  const std::int64_t stride = std::int64_t{gridDim.x} * kThreads;
  for (std::int64_t x = std::int64_t{blockIdx.x} * kThreads + threadIdx.x; x < count; x += stride) {
    const int four = static_cast<int>(x % fours), env = static_cast<int>(x / fours % envs);
    const std::int64_t step = x / fours / envs;
    const Normal4<float> normal = normal_at(at, step, first_env + env, four);
    float* out = noise + (step * envs + env) * n + 4 * four;
    for (int k = 0; k < 4; ++k)
      if (4 * four + k < n) out[k] = normal.x[k];
  }
}

}  // namespace

void launch_gather(const GatherArgs& args, cudaStream_t stream) {
  launch("gather kernel", gather_kernel, {blocks_for(args.rows, kWarps, kMostBlocks), kThreads},
         stream, args);
}

void launch_order(const KeyedSteps& at, int epoch, const EpochOrder& order, std::int64_t* out,
                  cudaStream_t stream) {
  launch("order kernel", order_kernel, {blocks_for(order.rows, kThreads, kMostBlocks), kThreads},
         stream, at, epoch, order, out);
}

void launch_epoch(const EpochArgs& args, cudaStream_t stream) {
  launch("epoch kernel", epoch_kernel, {blocks_for(args.order.rows, kWarps, kMostBlocks), kThreads},
         stream, args);
}

void launch_noise(const KeyedSteps& at, std::uint32_t first_env, int steps, int envs, int n,
                  float* noise, cudaStream_t stream) {
  const std::int64_t fours = std::int64_t{steps} * envs * ((n + 3) / 4);
  launch("noise kernel", noise_kernel, {blocks_for(fours, kThreads, kMostBlocks), kThreads}, stream,
         at, first_env, steps, envs, n, noise);
}

}  // namespace kennel
