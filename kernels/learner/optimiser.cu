// From partial gradients to new weights: their sum over slices and over tied entries, then clip,
// Adam, the rule of the learning rate and the dense layers, each in one launch over one flat
// vector.
#include <cmath>

#include "kennel/core/lane.h"
#include "kernels/launch.h"
#include "kernels/learner/block_sum.h"
#include "kernels/learner/learner_args.h"

namespace kennel {
namespace {

constexpr int kReduceThreads = 256, kReduceWarps = kReduceThreads / kLanes;
constexpr int kAdamThreads = 512, kAdamWarps = kAdamThreads / kLanes;
constexpr std::int64_t kMostAdamBlocks = 128;  // each reads the whole gradient once more
constexpr int kNumLosses = 4;
constexpr double kBeta1 = 0.9, kBeta2 = 0.999;
constexpr float kEpsilon = 1e-8f;

struct ReduceMemory {
  float of_warp[kReduceWarps][kLanes];
};

/// A block sums 32 free parameters, or in its last the losses; warps share out the slices.
__global__ void reduce_kernel(const __grid_constant__ ReduceArgs a) {
  auto& shared = block_memory<ReduceMemory>();
  const int lane = threadIdx.x % kLanes, warp = threadIdx.x / kLanes;
  const bool losses = blockIdx.x == gridDim.x - 1;
  const int entry = losses ? lane : blockIdx.x * kLanes + lane;
  const bool real = entry < (losses ? kNumLosses : a.num_free);
  const bool tied = real && !losses && a.tying.first;
  const std::int64_t first = tied ? a.tying.first[entry] : entry;
  const std::int64_t second = tied ? a.tying.second[entry] : first;
  const float sign = tied ? a.tying.second_sign[entry] : 0.0f;
  float sum = 0.0f;
  if (real) {
    for (int s = warp; s < a.slices; s += kReduceWarps) {
      if (losses) {
        sum += a.slice_losses[s * kNumLosses + entry];
      } else {
        const float* gradient = a.slice_gradients + std::int64_t{s} * a.num_dense;
        sum += gradient[first];
        if (sign != 0.0f) sum += sign * gradient[second];
      }
    }
  }
  shared.of_warp[warp][lane] = sum;
  __syncthreads();
  if (warp != 0 || !real) return;
  for (int w = 1; w < kReduceWarps; ++w) sum += shared.of_warp[w][lane];
  if (losses) {
    a.losses[entry] = sum * a.loss_scale;
    return;
  }
  // H = sum_k log std_k + const, so every log std gets -entropy_coef.
  if (first >= a.log_std_at)
    sum -= *a.entropy_coef * a.entropy_share * (sign != 0.0f ? 2.0f : 1.0f);
  a.free_gradient[entry] = sum;
}

struct AdamMemory {
  float warps[kAdamWarps];
};

/// Every block computes the norm and all that follows from it for itself, in one order; the last
/// one to come writes the words that all have read.
__global__ void adam_kernel(const __grid_constant__ StepArgs a) {
  auto& shared = block_memory<AdamMemory>();
  float squares = 0.0f;
  for (int i = threadIdx.x; i < a.num_free; i += kAdamThreads) squares += square(a.gradient[i]);
  const float norm = ::sqrtf(block_sum(squares, shared.warps));
  const bool finite = isfinite(norm);
  const float wanted = a.max_grad_norm / (norm + 1e-6f);
  const float shrink = wanted < 1.0f ? wanted : 1.0f;

  float rate = *a.words.learning_rate;
  if (a.kl) {
    if (*a.kl > *a.kl_too_large) {
      rate /= a.rate_factor;
    } else if (*a.kl < *a.kl_too_small) {
      rate *= a.rate_factor;
    }
    rate = rate < a.min_rate ? a.min_rate : rate > a.max_rate ? a.max_rate : rate;
  }
  const float taken = *a.words.taken + (finite ? 1.0f : 0.0f);
  const float skipped = *a.words.skipped + (finite ? 0.0f : 1.0f);
  const float size = rate / static_cast<float>(1.0 - ::pow(kBeta1, static_cast<double>(taken)));
  const float root = ::sqrtf(static_cast<float>(1.0 - ::pow(kBeta2, static_cast<double>(taken))));

  const int stride = gridDim.x * kAdamThreads;
  for (int i = blockIdx.x * kAdamThreads + threadIdx.x; i < a.num_free; i += stride) {
    float p = a.parameters[i];
    if (finite) {
      const float g = a.gradient[i] * shrink;
      const float m = a.first_moment[i] + static_cast<float>(1 - kBeta1) * (g - a.first_moment[i]);
      const float v =
          static_cast<float>(kBeta2) * a.second_moment[i] + static_cast<float>(1 - kBeta2) * g * g;
      a.first_moment[i] = m;
      a.second_moment[i] = v;
      p -= size * m / (::sqrtf(v) / root + kEpsilon);
    }
    if (i >= a.log_std_at)
      p = p < a.min_log_std ? a.min_log_std : p > a.max_log_std ? a.max_log_std : p;
    a.parameters[i] = p;
    if (!a.tying.first) continue;
    a.dense[a.tying.first[i]] = p;
    const float sign = a.tying.second_sign[i];
    if (sign != 0.0f) a.dense[a.tying.second[i]] = sign * p;
  }

  __syncthreads();  // all of the block have read the words
  if (threadIdx.x > 0) return;
  __threadfence();
  if (atomicAdd(a.words.arrivals, 1u) + 1 < gridDim.x) return;
  __threadfence();
  *a.words.arrivals = 0;
  *a.words.learning_rate = rate;
  *a.words.taken = taken;
  *a.words.skipped = skipped;
  *a.grad_norm = norm;
}

}  // namespace

void launch_reduce(const ReduceArgs& args, cudaStream_t stream) {
  launch("gradient sum kernel", reduce_kernel,
         {(args.num_free + kLanes - 1) / kLanes + 1, kReduceThreads, sizeof(ReduceMemory)}, stream,
         args);
}

void launch_adam(const StepArgs& args, cudaStream_t stream) {
  launch(
      "Adam kernel", adam_kernel,
      {blocks_for(args.num_free, kAdamThreads, kMostAdamBlocks), kAdamThreads, sizeof(AdamMemory)},
      stream, args);
}

}  // namespace kennel
