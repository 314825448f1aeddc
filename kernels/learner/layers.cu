// What a layer does beside its product: bias and activation on the way forward; the activation's
// slope and the bias's gradient on the way back, each in one pass.
#include <cmath>

#include "kernels/launch.h"
#include "kernels/learner/activation.h"
#include "kernels/learner/block_sum.h"
#include "kernels/learner/learner_args.h"

namespace kennel {
namespace {

constexpr int kThreads = 256, kWarps = kThreads / kLanes;
constexpr int kRowsABlock = 128;
constexpr std::int64_t kMostBlocks = 4096;

/// Shared by a block that sums columns: what each warp has of 32 of them.
struct Columns {
  float of_warp[kWarps][kLanes];
};

/// The sum over the block's warps of what each has of the lane's column, in the first warp.
__device__ float over_warps(float own, Columns& shared) {
  const int lane = threadIdx.x % kLanes, warp = threadIdx.x / kLanes;
  __syncthreads();  // the columns before have been read
  shared.of_warp[warp][lane] = own;
  __syncthreads();
  float sum = shared.of_warp[0][lane];
  for (int w = 1; w < kWarps; ++w) sum += shared.of_warp[w][lane];
  return sum;
}

__global__ void bias_activation_kernel(LayerActivation activation, const float* bias,
                                       std::int64_t count, int n, float* y) {
  const std::int64_t stride = std::int64_t{gridDim.x} * kThreads;
  for (std::int64_t x = std::int64_t{blockIdx.x} * kThreads + threadIdx.x; x < count; x += stride)
    y[x] = activated(activation, y[x] + bias[x % n]);
}

/// Warps share out a block's rows, lanes the columns.
__global__ void activation_backward_kernel(LayerActivation activation, const float* y,
                                           std::int64_t rows, int n, float* grad, float* partial) {
  auto& shared = block_memory<Columns>();
  const int lane = threadIdx.x % kLanes, warp = threadIdx.x / kLanes;
  const std::int64_t begin = std::int64_t{blockIdx.x} * kRowsABlock;
  const std::int64_t end = begin + kRowsABlock < rows ? begin + kRowsABlock : rows;
  for (int first = 0; first < n; first += kLanes) {
    const int column = first + lane;
    float sum = 0.0f;
    if (column < n) {
      for (std::int64_t r = begin + warp; r < end; r += kWarps) {
        const std::int64_t at = r * n + column;
        const float g = backward(activation, y[at], grad[at]);
        grad[at] = g;
        sum += g;
      }
    }
    sum = over_warps(sum, shared);
    if (warp == 0 && column < n) partial[std::int64_t{blockIdx.x} * n + column] = sum;
  }
}

/// A block sums 32 columns; warps share out the rows.
__global__ void column_sums_kernel(const __grid_constant__ ColumnSumArgs a) {
  auto& shared = block_memory<Columns>();
  const int lane = threadIdx.x % kLanes, warp = threadIdx.x / kLanes;
  const int n = a.first + a.rest, column = blockIdx.x * kLanes + lane;
  float sum = 0.0f;
  if (column < n)
    for (int r = warp; r < a.rows; r += kWarps) sum += a.x[std::int64_t{r} * n + column];
  sum = over_warps(sum, shared);
  if (warp != 0 || column >= n) return;
  if (column < a.first) {
    a.out[column] = sum;
  } else {
    a.out_rest[column - a.first] = sum;
  }
}

}  // namespace

void launch_bias_activation(LayerActivation activation, const float* bias, std::int64_t rows, int n,
                            float* y, cudaStream_t stream) {
  const std::int64_t count = rows * n;
  launch("bias and activation kernel", bias_activation_kernel,
         {blocks_for(count, kThreads, kMostBlocks), kThreads}, stream, activation, bias, count, n,
         y);
}

int backward_blocks(std::int64_t rows) {
  return static_cast<int>((rows + kRowsABlock - 1) / kRowsABlock);
}

void launch_activation_backward(LayerActivation activation, const float* y, std::int64_t rows,
                                int n, float* grad, float* partial, cudaStream_t stream) {
  launch("activation backward kernel", activation_backward_kernel,
         {backward_blocks(rows), kThreads, sizeof(Columns)}, stream, activation, y, rows, n, grad,
         partial);
}

void launch_column_sums(const ColumnSumArgs& args, cudaStream_t stream) {
  launch("column sums kernel", column_sums_kernel,
         {(args.first + args.rest + kLanes - 1) / kLanes, kThreads, sizeof(Columns)}, stream, args);
}

}  // namespace kennel
