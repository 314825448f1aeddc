// What a policy's and a critic's outputs become, a row a thread: actions on the way to the
// simulator, losses and their gradients on the way back.
#include "kernels/launch.h"
#include "kernels/learner/block_sum.h"
#include "kernels/learner/keys.h"
#include "kernels/learner/learner_args.h"
#include "kernels/learner/policy_row.h"

namespace kennel {
namespace {

constexpr int kSampleThreads = 128;
constexpr int kLossThreads = 128, kLossWarps = kLossThreads / kLanes;

__global__ void sample_kernel(const __grid_constant__ SampleArgs a) {
  const int row = blockIdx.x * kSampleThreads + threadIdx.x;
  if (row >= a.rows) return;
  const float* mean = a.mean + std::int64_t{row} * a.n;
  float* action = a.action + std::int64_t{row} * a.n;
  float squared = 0.0f;
  for (int four = 0; 4 * four < a.n; ++four) {
    const Normal4<float> noise = normal_at(a.at, a.step, a.first_env + row, four);
    for (int k = 0; k < 4; ++k) {
      const int at = 4 * four + k;
      if (at >= a.n) break;
      action[at] = mean[at] + ::expf(a.log_std[at]) * noise.x[k];
      squared += noise.x[k] * noise.x[k];
    }
  }
  a.log_prob[row] = -0.5f * squared - log_normalisation(a.log_std, a.n);
}

/// What a block of the losses shares; the inverse standard deviations follow it.
struct LossMemory {
  float warps[kLossWarps];
};

__global__ void loss_kernel(const __grid_constant__ LossArgs a) {
  auto& shared = block_memory<LossMemory>();
  float* inv_std = reinterpret_cast<float*>(&shared + 1);
  for (int k = threadIdx.x; k < a.n; k += kLossThreads) inv_std[k] = ::expf(-a.log_std[k]);
  __syncthreads();

  const std::int64_t row = std::int64_t{blockIdx.x} * kLossThreads + threadIdx.x;
  const bool real = row < a.rows;  // who has no row takes part in the sums
  const std::int64_t from = !real ? 0 : a.index ? a.index[row] : row;
  const float* action = a.samples.action + from * a.n;
  const float* mean = a.mean + (real ? row : 0) * a.n;
  const auto z = [&](int k) { return (action[k] - mean[k]) * inv_std[k]; };

  SurrogateRow policy{};
  ValueRow value{};
  if (real) {
    float squared = 0.0f;
    for (int k = 0; k < a.n; ++k) squared += z(k) * z(k);
    const float log_prob = -0.5f * squared - log_normalisation(a.log_std, a.n);
    policy = surrogate_row(log_prob - a.samples.log_prob[from], a.samples.advantage[from],
                           a.clip_param, a.scale);
    value = value_row(a.value[row], a.samples.value[from], a.samples.returns[from], a.value_clip,
                      a.clip_param, a.value_scale);
    a.grad_value[row] = value.grad;
  }
  float* partial = a.partial + std::int64_t{blockIdx.x} * (a.n + 4);
  for (int k = 0; k < a.n; ++k) {
    float grad_log_std = 0.0f;
    if (real) {
      a.grad_mean[row * a.n + k] = policy.grad_log_prob * z(k) * inv_std[k];
      grad_log_std = policy.grad_log_prob * (z(k) * z(k) - 1.0f);
    }
    const float sum = block_sum(grad_log_std, shared.warps);
    if (threadIdx.x == 0) partial[k] = sum;
  }
  const float terms[] = {policy.surrogate, value.squared_error, policy.kl, policy.clipped};
  for (int k = 0; k < 4; ++k) {
    const float sum = block_sum(terms[k], shared.warps);
    if (threadIdx.x == 0) partial[a.n + k] = sum;
  }
}

}  // namespace

void launch_sample(const SampleArgs& args, cudaStream_t stream) {
  launch("action kernel", sample_kernel,
         {(args.rows + kSampleThreads - 1) / kSampleThreads, kSampleThreads}, stream, args);
}

int loss_blocks(std::int64_t rows) {
  return static_cast<int>((rows + kLossThreads - 1) / kLossThreads);
}

void launch_losses(const LossArgs& args, cudaStream_t stream) {
  launch("loss kernel", loss_kernel,
         {loss_blocks(args.rows), kLossThreads, sizeof(LossMemory) + sizeof(float) * args.n},
         stream, args);
}

}  // namespace kennel
