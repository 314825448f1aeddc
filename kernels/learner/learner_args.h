// What the learner's kernels are told: plain pointers into device memory, owned by the caller.
// Every launcher is graph-capturable, never allocates or waits, and throws Error where a launch was
// refused.
//
// Nothing that a kernel sums depends on which block comes first: blocks leave partial sums, and
// who reads them adds them up in their order.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

#include "kennel/core/bfloat16.h"
#include "kennel/core/epoch_order.h"

namespace kennel {

/// Observations as an environment wrote them, float or bfloat16.
struct ObservedRows {
  const void* memory;
  bool bfloat16;

  KENNEL_HD float operator[](std::int64_t at) const {
    return bfloat16 ? from_bfloat16(static_cast<const std::uint16_t*>(memory)[at])
                    : static_cast<const float*>(memory)[at];
  }
};

/// Rows of n observed numbers, and what scales them: (x - mean) inv_std.
struct ScaledRows {
  ObservedRows x;               // (any, n)
  const float *mean, *inv_std;  // (n)
  int n;

  KENNEL_HD float operator()(std::int64_t row, int k) const {
    return (x[row * n + k] - mean[k]) * inv_std[k];
  }
};

/// Random numbers of one purpose: a key, and a word of the device that tells how many control steps
/// each environment has made. A recorded launch reads the word as it is when it is played.
struct KeyedSteps {
  std::uint64_t key;
  const std::int64_t* steps;
};

/// Columns of what was experienced, a row a transition.
template <class Number>
struct SampleRows {
  Number* action;    // (rows, n)
  Number* log_prob;  // (rows) this and the next
  Number* advantage;
  Number* returns;
  Number* value;
};

// --- rows.cu ---

/// out[r] <- scaled x[index[r]]
struct GatherArgs {
  ScaledRows x;
  const std::int64_t* index;  // (rows)
  float* out;                 // (rows, x.n)
  std::int64_t rows;
};
void launch_gather(const GatherArgs& args, cudaStream_t stream);

/// out (rows) <- the rollout's rows in the order of an epoch
void launch_order(const KeyedSteps& at, int epoch, const EpochOrder& order, std::int64_t* out,
                  cudaStream_t stream);

/// A whole rollout in an epoch's order, observations scaled.
struct EpochArgs {
  KeyedSteps at;
  int epoch;
  EpochOrder order;  // of fewer than 2^32 rows
  ScaledRows obs, privileged_obs;
  SampleRows<const float> samples;
  int action_size;
  float *obs_out, *privileged_obs_out;  // (rows, n)
  SampleRows<float> samples_out;
};
void launch_epoch(const EpochArgs& args, cudaStream_t stream);

/// noise (steps, envs, n) <- standard normal numbers of environments first_env + env at the control
/// steps from `at` on
void launch_noise(const KeyedSteps& at, std::uint32_t first_env, int steps, int envs, int n,
                  float* noise, cudaStream_t stream);

// --- layers.cu ---

enum class LayerActivation : int { kLinear, kRelu, kElu, kTanh };

/// y (rows, n) <- activation(y + bias)
void launch_bias_activation(LayerActivation activation, const float* bias, std::int64_t rows, int n,
                            float* y, cudaStream_t stream);

/// grad (rows, n) <- grad activation'(x), from the output y; partial (blocks, n) <- its columns'
/// sums over each block's rows, of which there are `backward_blocks(rows)`
void launch_activation_backward(LayerActivation activation, const float* y, std::int64_t rows,
                                int n, float* grad, float* partial, cudaStream_t stream);
int backward_blocks(std::int64_t rows);

/// Column sums of x (rows, first + rest): the first of them to `out`, the others to `out_rest`.
struct ColumnSumArgs {
  const float* x;
  int rows, first, rest;
  float *out, *out_rest;
};
void launch_column_sums(const ColumnSumArgs& args, cudaStream_t stream);

// --- policy.cu ---

/// action <- mean + exp(log_std) noise, and the logarithm of its density. The noise is that of
/// environment first_env + row at the control step `at` + step; it is made on the way.
struct SampleArgs {
  KeyedSteps at;
  int step;
  std::uint32_t first_env;
  int rows, n;
  const float *mean, *log_std;  // (rows, n), (n)
  float *action, *log_prob;     // (rows, n), (rows)
};
void launch_sample(const SampleArgs& args, cudaStream_t stream);

/// PPO's losses and their gradients by the networks' outputs; src/learners/ppo/ppo_loss.h tells
/// what is computed.
struct LossArgs {
  SampleRows<const float> samples;
  const std::int64_t* index;  // (rows) into the samples; null: the rows themselves
  std::int64_t rows;
  int n;
  const float *mean, *log_std, *value;  // (rows, n), (n), (rows)
  float clip_param, scale, value_scale;
  bool value_clip;
  float *grad_mean, *grad_value;  // (rows, n), (rows)
  float* partial;  // (loss_blocks(rows), n + 4): of grad_log_std, then surrogate, squared error, KL
                   // and clipped rows
};
void launch_losses(const LossArgs& args, cudaStream_t stream);
int loss_blocks(std::int64_t rows);

// --- minibatch.cu ---

inline constexpr int kMostLayers = 8;

/// y = activation(x weight + bias), its numbers in a flat vector: weight (in, out), then bias.
struct LayerArgs {
  int in, out;
  LayerActivation activation;
  int weight_at;  // in the flat vector
};
struct NetworkArgs {
  int num_layers;
  LayerArgs layers[kMostLayers];
  int numbers_at[kMostLayers + 1];  // of its inputs and each layer's outputs: launch_minibatch's
};

/// A minibatch through a policy and its critic, forward and backward, in slices: slice s of n takes
/// the tiles s, s + n, ... of `tile_rows` rows each, one after the other. The order of its sums
/// depends on these two numbers and on nothing else.
struct MinibatchArgs {
  NetworkArgs actor, critic;
  const float *obs, *privileged_obs;  // (any, in of the first layers), as the networks read them
  SampleRows<const float> samples;
  const std::int64_t* index;  // (rows) into all of these; null: the rows themselves
  std::int64_t rows;
  const float* weights;  // the flat vector, aligned to 16 bytes
  int log_std_at;        // in it
  int action_size;       // out of the actor's last layer
  float clip_param, scale, value_scale;
  int value_clip;  // 0 or 1; no byte of this struct is padding
  int slices;
  int stride;        // from a slice's gradient to the next, a multiple of 4
  float* gradients;  // (slices, stride) <- laid out like the weights, aligned to 16 bytes
  float* losses;     // (slices, 4) <- sums of surrogate, squared error, KL and clipped rows
};

/// What products are rounded to. kBf16 leaves the policy's forward pass in tf32.
enum class TileProducts : int { kFp32, kTf32, kBf16 };

/// Loads the kernels on the current device, so that none is loaded inside a graph's capture, and
/// lets a block have so much shared memory. Once for each device, before the first launch.
void prepare_minibatch_kernels(int shared_bytes);

/// The most rows a tile may have where a block has so much shared memory; 0: the networks do not
/// fit.
int minibatch_tile_rows(const NetworkArgs& actor, const NetworkArgs& critic, int shared_bytes);
void launch_minibatch(const MinibatchArgs& args, TileProducts products, int tile_rows,
                      cudaStream_t stream);

// --- advantages.cu ---

/// Generalised advantage estimation; all of shape (steps, envs).
struct AdvantageArgs {
  const float *reward, *value, *next_value, *terminated, *truncated;
  float gamma, decay;  // decay = gamma lambda
  int steps, envs;
  float *advantage, *returns;
  double* partial;  // (advantage_blocks(envs), 2): sums of the advantages and of their squares
};
void launch_advantages(const AdvantageArgs& args, cudaStream_t stream);
int advantage_blocks(int envs);

/// advantage (rows) <- (advantage - mean) / std, from the sums that `launch_advantages` left
void launch_normalise(float* advantage, std::int64_t rows, const double* partial, int blocks,
                      cudaStream_t stream);

// --- optimiser.cu ---

/// A free parameter stands in a dense layer once or twice, the second time times a sign.
struct TyingArgs {
  const std::int64_t *first, *second;  // (num_free); null: free and dense are the same
  const float* second_sign;            // 0: there is no second place
};

/// The gradient of the free parameters, from the dense ones of several slices of a minibatch.
struct ReduceArgs {
  TyingArgs tying;
  int num_free, num_dense, slices;
  const float* slice_gradients;  // (slices, num_dense)
  const float* slice_losses;     // (slices, 4)
  int log_std_at;                // where the log standard deviations start in a dense vector
  const float* entropy_coef;     // a word; each of them gets -entropy_coef entropy_share
  float entropy_share;
  float loss_scale;
  float* free_gradient;  // (num_free)
  float* losses;         // (4) <- their sums times loss_scale
};
void launch_reduce(const ReduceArgs& args, cudaStream_t stream);

/// What Adam remembers beside its moments.
struct AdamWords {
  float *learning_rate, *taken, *skipped;
  std::uint32_t* arrivals;  // starts as 0, and is 0 between steps
};

/// One step of Adam: the gradient clipped to a norm, skipped where it is not finite; before it the
/// learning rate moved by the KL divergence; after it the log standard deviations clamped and the
/// dense layers refreshed.
struct StepArgs {
  TyingArgs tying;
  int num_free;
  const float* gradient;  // (num_free)
  float *parameters, *first_moment, *second_moment;
  AdamWords words;
  float max_grad_norm;
  float* grad_norm;                               // a word <- before the clip
  const float *kl, *kl_too_small, *kl_too_large;  // words; kl null: the rate stays
  float rate_factor, min_rate, max_rate;
  int log_std_at;  // of the free parameters; all from there on
  float min_log_std, max_log_std;
  float* dense;  // (num_dense), unless tying.first is null
};
void launch_adam(const StepArgs& args, cudaStream_t stream);

// --- moments.cu ---

/// partial (moment_blocks(rows), 2, n) <- sums of x - about and of its square over each block's
/// rows
struct MomentArgs {
  ObservedRows x;  // (rows, n)
  std::int64_t rows;
  int n;
  const float* about;  // (n), anything near the mean
  double* partial;
};
void launch_moments(const MomentArgs& args, cudaStream_t stream);
int moment_blocks(std::int64_t rows);

/// Merges those sums into running statistics (Chan, Golub, LeVeque 1979), unless they are not
/// finite, and derives what scales observations from them.
struct MergeArgs {
  MomentArgs batch;
  const std::int64_t* mirror_index;                  // (n); null: no mirror image is merged
  const double* mirror_sign;                         // (n)
  double *count, *mean, *m2;                         // a word, (n), (n)
  float *scale_mean, *scale_inv_std, *scale_offset;  // (n)
  double min_std;
};
void launch_merge(const MergeArgs& args, cudaStream_t stream);

}  // namespace kennel
