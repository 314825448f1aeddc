// Running statistics of observations, in float64: sums over a rollout's rows, then one block that
// merges them.
#include <cmath>

#include "kennel/core/lane.h"
#include "kernels/launch.h"
#include "kernels/learner/block_sum.h"
#include "kernels/learner/learner_args.h"

namespace kennel {
namespace {

constexpr int kThreads = 256, kWarps = kThreads / kLanes;
constexpr int kMergeThreads = 1024, kMergeWarps = kMergeThreads / kLanes;
constexpr std::int64_t kMostBlocks = 256;

/// Sums of a column.
struct Sums {
  double x, squares;
};

struct MomentMemory {
  Sums of_warp[kWarps][kLanes];
};

/// Warps share out the rows, lanes the columns.
__global__ void moment_kernel(const __grid_constant__ MomentArgs a) {
  auto& shared = block_memory<MomentMemory>();
  const int lane = threadIdx.x % kLanes, warp = threadIdx.x / kLanes;
  const std::int64_t stride = std::int64_t{gridDim.x} * kWarps;
  double* partial = a.partial + std::int64_t{blockIdx.x} * 2 * a.n;
  for (int first = 0; first < a.n; first += kLanes) {
    const int column = first + lane;
    Sums sums{0.0, 0.0};
    if (column < a.n) {
      const float about = a.about[column];
      for (std::int64_t r = std::int64_t{blockIdx.x} * kWarps + warp; r < a.rows; r += stride) {
        const double x = static_cast<double>(a.x[r * a.n + column]) - about;
        sums.x += x;
        sums.squares += x * x;
      }
    }
    __syncthreads();  // the columns before have been read
    shared.of_warp[warp][lane] = sums;
    __syncthreads();
    if (warp != 0 || column >= a.n) continue;
    for (int w = 1; w < kWarps; ++w) {
      sums.x += shared.of_warp[w][lane].x;
      sums.squares += shared.of_warp[w][lane].squares;
    }
    partial[column] = sums.x;
    partial[a.n + column] = sums.squares;
  }
}

/// A batch's mean of a column and its sum of squared deviations from it.
struct ColumnMoments {
  double mean, m2;
};

/// A warp adds up what the blocks left of a column.
__device__ ColumnMoments batch_moments(const MomentArgs& a, int blocks, int column) {
  double sum = 0.0, squares = 0.0;
  for (int b = threadIdx.x % kLanes; b < blocks; b += kLanes) {
    sum += a.partial[std::int64_t{b} * 2 * a.n + column];
    squares += a.partial[std::int64_t{b} * 2 * a.n + a.n + column];
  }
  sum = warp_sum(sum);
  squares = warp_sum(squares);
  const double gap = sum / static_cast<double>(a.rows);  // from `about`
  const double m2 = squares - sum * gap;
  return {a.about[column] + gap, m2 < 0.0 ? 0.0 : m2};  // NaN goes on
}

/// A batch and its mirror image: two halves of the same size.
__device__ ColumnMoments with_image(const MergeArgs& a, const ColumnMoments* batch, int column) {
  if (!a.mirror_index) return batch[column];
  const ColumnMoments own = batch[column], other = batch[a.mirror_index[column]];
  const double mirrored = other.mean * a.mirror_sign[column];
  const double half_gap = (own.mean - mirrored) / 2;
  return {(own.mean + mirrored) / 2,
          own.m2 + other.m2 + half_gap * half_gap * 2 * static_cast<double>(a.batch.rows)};
}

/// The columns' moments follow it.
struct alignas(16) MergeMemory {
  int warps[kMergeWarps];
};

__global__ void __launch_bounds__(kMergeThreads)
    merge_kernel(const __grid_constant__ MergeArgs a, int blocks) {
  auto& shared = block_memory<MergeMemory>();
  auto* batch = reinterpret_cast<ColumnMoments*>(&shared + 1);
  int wrong = 0;
  for (int c = threadIdx.x / kLanes; c < a.batch.n; c += kMergeWarps) {
    const ColumnMoments moments = batch_moments(a.batch, blocks, c);
    if (threadIdx.x % kLanes == 0) batch[c] = moments;
    wrong += !isfinite(moments.m2);
  }
  if (block_sum(wrong, shared.warps) > 0) return;  // left out whole, by all threads

  const double before = *a.count;
  const double rows = static_cast<double>(a.batch.rows) * (a.mirror_index ? 2 : 1);
  const double total = before + rows;
  for (int c = threadIdx.x; c < a.batch.n; c += kMergeThreads) {
    const ColumnMoments moments = with_image(a, batch, c);
    const double delta = moments.mean - a.mean[c];
    const double mean = a.mean[c] + delta * (rows / total);
    const double m2 = a.m2[c] + moments.m2 + delta * delta * (before * rows / total);
    const double std = ::sqrt(m2 / total);
    const float scale = static_cast<float>(1 / (std < a.min_std ? a.min_std : std));
    a.mean[c] = mean;
    a.m2[c] = m2;
    a.scale_mean[c] = static_cast<float>(mean);
    a.scale_inv_std[c] = scale;
    a.scale_offset[c] = -static_cast<float>(mean) * scale;
  }
  __syncthreads();  // all have read the count
  if (threadIdx.x == 0) *a.count = total;
}

}  // namespace

int moment_blocks(std::int64_t rows) { return blocks_for(rows, 8 * kWarps, kMostBlocks); }

void launch_moments(const MomentArgs& args, cudaStream_t stream) {
  launch("moment kernel", moment_kernel, {moment_blocks(args.rows), kThreads, sizeof(MomentMemory)},
         stream, args);
}

void launch_merge(const MergeArgs& args, cudaStream_t stream) {
  launch("merge kernel", merge_kernel,
         {1, kMergeThreads, sizeof(MergeMemory) + sizeof(ColumnMoments) * args.batch.n}, stream,
         args, moment_blocks(args.batch.rows));
}

}  // namespace kennel
