// An iteration's experience in the orders that it is learnt from.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "kennel/core/epoch_order.h"
#include "kennel/rl/learner_ops.h"
#include "kennel/rl/normaliser.h"
#include "kennel/rl/samples.h"
#include "kennel/rl/step_counter.h"

namespace kennel {

/// Rows to learn from, in order.
struct LearningRows {
  RolloutBatch batch;
  torch::Tensor index;  // (rows) int64, into the batch; undefined: the rows are the batch's own,
                        // observations as the networks read them

  std::int64_t size() const { return index.defined() ? index.size(0) : batch.obs.size(0); }
  LearningRows narrow(std::int64_t begin, std::int64_t rows) const;

  /// Their samples, copied where they are not the batch's own.
  Samples samples() const { return index.defined() ? batch.samples.at(index) : batch.samples; }
};

/// Puts batches in order, in memory of its own where the operations want rows gathered.
class LearningOrder {
 public:
  LearningOrder(const Normaliser& obs_normaliser, const Normaliser& privileged_normaliser,
                torch::Device device, const LearnerOps& ops);

  /// The rows `order` (rows) int64 of the batch. Overwritten by the next call of any of these.
  LearningRows in_order(const RolloutBatch& batch, const torch::Tensor& order);

  /// All rows as they lie.
  LearningRows whole(const RolloutBatch& batch);

  /// All rows in the order of (key, steps of the run, epoch).
  LearningRows shuffled(const RolloutBatch& batch, std::uint64_t key, const StepCounter& at,
                        int epoch, const EpochOrder& order);
  LearningRows shuffled(const RolloutBatch& batch, std::uint64_t key, const StepCounter& at,
                        int epoch) {
    return shuffled(batch, key, at, epoch, one_shard(batch.obs.size(0)));
  }

  /// The same where the samples hold what the one operation that a device may have for it does not
  /// know (Samples::mean).
  LearningRows shuffled_with_means(const RolloutBatch& batch, std::uint64_t key,
                                   const StepCounter& at, int epoch) {
    return gathered(batch, key, at, epoch, one_shard(batch.obs.size(0)));
  }

 private:
  LearningRows gathered(const RolloutBatch& batch, std::uint64_t key, const StepCounter& at,
                        int epoch, const EpochOrder& order);

  const Normaliser& obs_normaliser_;
  const Normaliser& privileged_normaliser_;
  const LearnerOps& ops_;
  torch::Tensor order_;                             // (rows) int64, of an epoch
  torch::Tensor epoch_obs_, epoch_privileged_obs_;  // where epochs are gathered at once
  RolloutBatch epoch_;                              // where that is one operation
};

}  // namespace kennel
