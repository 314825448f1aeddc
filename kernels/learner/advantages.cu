// Generalised advantage estimation, an environment a thread, and the advantages' normalisation.
#include <cmath>

#include "kennel/core/lane.h"
#include "kernels/launch.h"
#include "kernels/learner/block_sum.h"
#include "kernels/learner/learner_args.h"

namespace kennel {
namespace {

constexpr int kThreads = 128, kWarps = kThreads / kLanes;
constexpr std::int64_t kMostBlocks = 1024;

struct SumMemory {
  double warps[kWarps];
};

/// A_t = delta_t + gamma lambda (1 - done_t) A_{t+1}, from the last step back.
__global__ void advantage_kernel(const __grid_constant__ AdvantageArgs a) {
  auto& shared = block_memory<SumMemory>();
  const int env = blockIdx.x * kThreads + threadIdx.x;
  // Nothing overlaps: later steps' numbers are asked for while earlier ones are stored.
  float* __restrict__ advantage = a.advantage, * __restrict__ returns = a.returns;
  double sum = 0.0, squares = 0.0;
  if (env < a.envs) {
    float next = 0.0f;
    KENNEL_UNROLL
    for (int step = a.steps; step-- > 0;) {
      const std::int64_t at = std::int64_t{step} * a.envs + env;
      const bool terminated = a.terminated[at] > 0.0f;
      const bool done = terminated || a.truncated[at] > 0.0f;
      // Selected: what a terminated step leaves in next_value may be anything, even NaN.
      const float future = terminated ? 0.0f : a.gamma * a.next_value[at];
      const float value = a.value[at];
      next = future + a.reward[at] - value + (done ? 0.0f : a.decay * next);
      advantage[at] = next;
      returns[at] = next + value;
      sum += next;
      squares += static_cast<double>(next) * next;
    }
  }
  sum = block_sum(sum, shared.warps);
  squares = block_sum(squares, shared.warps);
  if (threadIdx.x > 0) return;
  a.partial[2 * blockIdx.x] = sum;
  a.partial[2 * blockIdx.x + 1] = squares;
}

/// Every block adds up all partial sums for itself, in one order.
__global__ void normalise_kernel(float* advantage, std::int64_t rows, const double* partial,
                                 int blocks) {
  constexpr double kTiny = 1e-8;
  auto& shared = block_memory<SumMemory>();
  double sum = 0.0, squares = 0.0;
  for (int b = threadIdx.x; b < blocks; b += kThreads) {
    sum += partial[2 * b];
    squares += partial[2 * b + 1];
  }
  sum = block_sum(sum, shared.warps);
  squares = block_sum(squares, shared.warps);
  const double mean = sum / static_cast<double>(rows);
  const double variance = (squares - sum * mean) / static_cast<double>(rows - 1);
  const float inv_std = static_cast<float>(1.0 / (::sqrt(variance < 0 ? 0 : variance) + kTiny));
  const std::int64_t stride = std::int64_t{gridDim.x} * kThreads;
  for (std::int64_t r = std::int64_t{blockIdx.x} * kThreads + threadIdx.x; r < rows; r += stride)
    advantage[r] = (advantage[r] - static_cast<float>(mean)) * inv_std;
}

}  // namespace

int advantage_blocks(int envs) { return (envs + kThreads - 1) / kThreads; }

void launch_advantages(const AdvantageArgs& args, cudaStream_t stream) {
  launch("advantage kernel", advantage_kernel,
         {advantage_blocks(args.envs), kThreads, sizeof(SumMemory)}, stream, args);
}

void launch_normalise(float* advantage, std::int64_t rows, const double* partial, int blocks,
                      cudaStream_t stream) {
  launch("normalise kernel", normalise_kernel,
         {blocks_for(rows, 8 * kThreads, kMostBlocks), kThreads, sizeof(SumMemory)}, stream,
         advantage, rows, partial, blocks);
}

}  // namespace kennel
