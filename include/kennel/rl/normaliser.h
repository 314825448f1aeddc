// Running mean and variance of observations.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "kennel/contract/mirror.h"
#include "kennel/rl/collective.h"
#include "kennel/rl/learner_ops.h"
#include "kennel/rl/worker_pool.h"

namespace kennel {

/// Scales each entry of an observation to zero mean and unit variance, by statistics of everything
/// seen so far.
///
/// The statistics are float64 and merge batches by Chan, Golub, LeVeque 1979. The standard
/// deviation is never taken below 0.1, so that an entry that is constant in training stays harmless
/// when it is not on the robot. With a mirror the statistics are those of the observations and
/// their mirror images together, which keeps a symmetric network symmetric.
class Normaliser {
 public:
  static constexpr double kMinStd = 0.1;

  /// Starts as the identity. A disabled one stays it.
  Normaliser(std::int64_t size, bool enabled, const Mirror* mirror, torch::Device device,
             const LearnerOps& ops);

  /// out <- (x - mean) / std, both (rows, size), then its even and odd parts where `parity` is
  /// given; x float32 or bfloat16, out float32. Without parity they may be the same tensor.
  void apply(const torch::Tensor& x, torch::Tensor& out, const Parity* parity = nullptr) const;

  /// Merges the batches of all ranks into the statistics; they are left out whole when one of them
  /// is not finite. On the CPU it does not matter how ranks share out the environments, by shards
  /// (kennel/core/epoch_order.h).
  /// \param batch     (steps, envs, size), or (rows, size) for one step
  /// \param all_envs  of all ranks; 0: there are no others
  void update(WorkerPool& pool, const torch::Tensor& batch, std::int64_t all_envs = 0,
              const Collective& all = alone());

  const Scaling& scaling() const { return scaling_; }
  const torch::Tensor& mean() const { return scaling_.mean; }        // (size) float32
  const torch::Tensor& inv_std() const { return scaling_.inv_std; }  // (size) float32

  /// [count, mean..., sum of squared deviations...], (1 + 2 size) float64: the whole state.
  torch::Tensor state() const;
  void set_state(const torch::Tensor& state);

 private:
  /// Mean and sum of squared deviations of a batch, (size) float64 each.
  struct Moments {
    torch::Tensor mean;
    torch::Tensor m2;
  };
  Moments batch_moments(WorkerPool& pool, const torch::Tensor& batch, std::int64_t all_envs,
                        const Collective& all) const;
  torch::Tensor shard_sums(WorkerPool& pool, const torch::Tensor& batch) const;
  Moments with_image(const Moments& half, double rows) const;
  void refresh();

  const LearnerOps& ops_;
  bool enabled_ = true;
  torch::Tensor count_;  // () float64
  torch::Tensor mean_;   // (size) float64
  torch::Tensor m2_;     // (size) float64, sum of squared deviations from the mean
  torch::Tensor mirror_index_, mirror_sign_;  // (size), undefined without a mirror
  Scaling scaling_;                           // what `apply` uses
};

}  // namespace kennel
