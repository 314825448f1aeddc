// What the learner does to rows of numbers, as one table: chosen once, never asked for again.
//
// torch_ops is the reference, written in torch and right on any device; cpu_ops does the same in
// one pass over memory where torch needs several, and so does the CUDA backend's table, which its
// plugin brings along. All are tested against each other on the CPU, so that what runs on a GPU has
// run before.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <string_view>

#include "kennel/core/epoch_order.h"
#include "kennel/rl/device_graph.h"
#include "kennel/rl/mlp.h"
#include "kennel/rl/parity.h"
#include "kennel/rl/step_counter.h"
#include "kennel/rl/worker_pool.h"

namespace kennel {

/// How many rows a piece of work takes at once: as many as a core's cache holds, or a GPU's memory
/// spares. Sums are made a slice, then over slices, so their order depends on these numbers.
struct RowsASlice {
  std::int64_t act = 0;         // a control step's observations through the policy
  std::int64_t value = 0;       // a rollout's observations through the critic
  std::int64_t update = 0;      // a minibatch, forward and backward
  std::int64_t moments = 0;     // a rollout's observations into the running statistics
  std::int64_t parameters = 0;  // entries of the gradient, summed over slices
};

/// (x - mean) * inv_std, or x * inv_std + offset where one operation costs more than a rounding.
struct Scaling {
  torch::Tensor mean;     // (n) float32
  torch::Tensor inv_std;  // (n) float32
  torch::Tensor offset;   // (n) float32, -mean * inv_std
};

struct FusedOps;
struct PpoOps;

/// One way to do the learner's arithmetic.
struct LearnerOps {
  std::string_view name;
  RowsASlice rows_a_slice;
  bool threads;         // slices are shared out over threads; otherwise the device is parallel
  bool gathers_epochs;  // an epoch's rows are gathered and scaled at once; otherwise the rollout
                        // keeps them scaled, and each slice gathers its own
  bool transposed_weights;  // the backward pass reads copies of the weights, (out, in)
  bool by_parity;           // networks that treat left and right alike are run by parity (Dense)

  /// noise[t][k] <- standard normal numbers of environment first_env + k at the control step
  /// `from` + t, the same bits in every table. noise (T, N, n), contiguous
  void (*draw_noise)(WorkerPool& pool, std::uint64_t key, std::int64_t first_env,
                     const StepCounter& from, const torch::Tensor& noise);

  /// out (rows) int64 <- the rollout's rows in the order of an epoch, another one for each step;
  /// the same in every table
  void (*shuffle)(std::uint64_t key, const StepCounter& at, int epoch, const EpochOrder& order,
                  const torch::Tensor& out);

  /// Indices of the flags (n) that are set, int64, ascending. May hold fewer than there are, at
  /// least `at_least` of them, and may be filled up with n.
  torch::Tensor (*set_flags)(const torch::Tensor& flags, std::int64_t at_least);

  /// out <- x scaled, then split into even and odd parts where `parity` is given, which torch_ops
  /// does not know. x (rows, n) float32 or bfloat16, out (rows, n) float32; without parity they may
  /// be the same tensor
  void (*scale)(const torch::Tensor& x, const Scaling& scaling, const Parity* parity,
                torch::Tensor& out);

  /// out[r] <- x[index[r]], scaled where `scaling` is given. x (any, n) float32, with scaling also
  /// bfloat16; index (rows) int64, out (rows, n) float32
  void (*gather)(const torch::Tensor& x, const torch::Tensor& index, const Scaling* scaling,
                 torch::Tensor& out);

  /// y <- activation(x weight + bias)
  void (*dense_forward)(const Dense& layer, const torch::Tensor& x, torch::Tensor& y);

  /// From the gradient of a loss with respect to the layer's output y to that before its
  /// activation: grad (rows, out), in place; bias_grad (columns) <- that of the bias, sums of rows
  void (*activation_backward)(const Dense& layer, const torch::Tensor& y, torch::Tensor& grad,
                              torch::Tensor& bias_grad);

  /// weight_grad (in, columns) <- x^T grad of x (rows, in) and grad (rows, out)
  void (*weight_gradient)(const Dense& layer, const torch::Tensor& x, const torch::Tensor& grad,
                          torch::Tensor& weight_grad);

  /// x_grad (rows, in) <- grad weight^T, then `activation_backward` of the layer below, whose
  /// output is x
  void (*input_gradient)(const Dense& layer, const torch::Tensor& grad, const Dense& below,
                         const torch::Tensor& x, torch::Tensor& x_grad, torch::Tensor& bias_grad);

  /// sums (n) float64 <- sums of the columns of slices (S, n) float32, each number rounded to a
  /// multiple of `quantum`: the same whatever their order, see kennel/lanes/exact_sums.h
  void (*exact_sums)(WorkerPool& pool, const torch::Tensor& slices, double quantum,
                     const torch::Tensor& sums);

  /// What the device does in one launch where the above takes many; may be null.
  const FusedOps* fused = nullptr;

  /// What it has for a method of its own; null: what the method has for every device.
  const PpoOps* ppo = nullptr;

  /// A recording for a device, empty yet; null: what these operations do is not recorded.
  std::unique_ptr<DeviceGraph> (*make_graph)(torch::Device device) = nullptr;

  /// Kernels of their own that these operations and their device's environments have asked for so
  /// far, beside torch's; null: there are none.
  std::int64_t (*launches)() = nullptr;
};

const LearnerOps& torch_ops();
const LearnerOps& cpu_ops();

/// The fastest table for a device.
/// \throws Error when the device needs a plugin that is not there
const LearnerOps& ops_for(torch::Device device);

}  // namespace kennel
