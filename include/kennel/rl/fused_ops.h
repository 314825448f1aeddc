// What a device does in one launch where LearnerOps' single operations take many: a second table,
// for devices that are waited for at every launch.
//
// Each entry stands for a piece of the code that calls it, which is its reference and what runs
// where there is no such table.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "kennel/rl/gae.h"
#include "kennel/rl/learner_ops.h"
#include "kennel/rl/samples.h"
#include "kennel/rl/step_counter.h"

namespace kennel {

/// Standard normal numbers of environments first_env + row at the control step `from` + step.
struct NoiseAt {
  std::uint64_t key = 0;
  std::int64_t first_env = 0;
  const StepCounter& from;
  std::int64_t step = 0;
};

/// How tied entries of dense layers follow from free parameters (WeightTying); undefined tensors
/// where they are the same.
struct TyingMap {
  torch::Tensor first, second;  // (num_free) int64, places in the dense vector
  torch::Tensor second_sign;    // (num_free) float32, 0 where there is no second place
};

/// Partial gradients of a minibatch's slices, and what becomes of them.
struct GradientSlices {
  torch::Tensor gradients;  // (slices, num_dense)
  torch::Tensor losses;     // (slices, 4)
  double loss_scale = 0.0;
  TyingMap tying;
  std::int64_t log_std_at = 0;  // where the log standard deviations start in a dense vector
  torch::Tensor entropy_coef;   // ()
  double entropy_share = 0.0;   // a log standard deviation gets -entropy_coef entropy_share
  torch::Tensor free_gradient;  // (num_free) <-
  torch::Tensor loss_sums;      // (4) <- the losses' sums times loss_scale
};

/// A step of Adam with what comes before and after it. PpoUpdate::adapt_learning_rate, Adam::step
/// and ActorCritic::refresh say the same in torch.
struct OptimiserStep {
  TyingMap tying;
  torch::Tensor gradient;                                 // (num_free)
  torch::Tensor parameters, first_moment, second_moment;  // (num_free)
  torch::Tensor learning_rate;                            // ()
  torch::Tensor counts;                                   // (2): steps taken, skipped
  torch::Tensor arrivals;                                 // () int32, zero before and after
  double max_grad_norm = 0.0;
  torch::Tensor grad_norm;                       // () <-
  torch::Tensor kl, kl_too_small, kl_too_large;  // (); kl undefined: the rate stays
  double rate_factor = 1.0, min_rate = 0.0, max_rate = 0.0;
  std::int64_t free_log_std_at = 0;  // of the free parameters, up to their end
  double min_log_std = 0.0, max_log_std = 0.0;
  torch::Tensor dense;  // (num_dense) <-
};

/// Running statistics as Normaliser keeps them.
struct RunningMoments {
  torch::Tensor count, mean, m2;            // (), (n), (n) float64
  torch::Tensor mirror_index, mirror_sign;  // (n) int64 and float64, undefined without a mirror
  Scaling scaling;
  double min_std = 0.0;
};

struct FusedOps {
  /// action <- mean + exp(log_std) noise; log_prob (rows) <- the logarithm of its density
  void (*sample)(const NoiseAt& at, const torch::Tensor& mean, const torch::Tensor& log_std,
                 const torch::Tensor& action, const torch::Tensor& log_prob);

  /// out's rows <- the batch's in an epoch's order (LearnerOps::shuffle), observations scaled
  void (*gather_epoch)(const RolloutBatch& batch, const Scaling& obs, const Scaling& privileged_obs,
                       std::uint64_t key, const StepCounter& at, int epoch, const EpochOrder& order,
                       const RolloutBatch& out);

  /// advantage, returns (T, N) <- `gae`; then the advantages normalised, if asked for
  void (*advantages)(const AdvantageInput& in, double gamma, double gae_lambda, bool normalise,
                     const torch::Tensor& advantage, const torch::Tensor& returns);

  void (*reduce)(const GradientSlices& slices);
  void (*step)(const OptimiserStep& step);

  /// Merges a batch (rows, n) into the statistics.
  void (*merge_moments)(const torch::Tensor& batch, const RunningMoments& into);
};

}  // namespace kennel
