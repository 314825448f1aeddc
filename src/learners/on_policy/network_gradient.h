// The gradient of a loss with respect to the networks' weights: slices of rows go forward and
// backward on all threads, and are summed in an order that does not depend on their number.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "kennel/learners/loss_slice.h"
#include "kennel/rl/actor_critic.h"
#include "kennel/rl/learner_ops.h"
#include "kennel/rl/slices.h"
#include "kennel/rl/worker_pool.h"
#include "src/learners/on_policy/learning_rows.h"

namespace kennel {

/// Which networks a loss depends on: the others' gradient is zero.
enum class Learns { kBoth, kPolicy, kCritic };

/// A slice between its forward and its backward pass, or after it.
struct SlicePass {
  const LearningRows& rows;
  std::int64_t begin = 0;     // of the slice's rows among all
  torch::Tensor obs;          // (rows, obs_size), as the policy read them
  const MlpWorkspace& actor;  // afterwards `grad` has d loss / d pre-activation of all layers
  LossSlice& loss;            // of a network that is not learnt nothing is defined
};

/// Writes the gradients and sums of a SlicePass::loss. Called by several threads at a time.
using SliceWork = std::function<void(const SlicePass&)>;

/// Parts of a gradient and of the losses, by slices.
struct SlicedGradient {
  torch::Tensor gradients;  // (slices, at least num_weights)
  torch::Tensor losses;     // (slices, number of losses)
};

class NetworkGradient {
 public:
  /// \param num_losses  numbers that a slice sums beside its gradient
  NetworkGradient(const ActorCritic& networks, WorkerPool& pool, const LearnerOps& ops,
                  int num_losses, Learns learns = Learns::kBoth);

  /// Every slice's own. Overwritten by the next call.
  /// \param cut     the rows' slices
  /// \param losses  (number of losses) <- theirs where there is one slice
  /// \param after   called for every slice after its backward pass, where given
  SlicedGradient slices(const LearningRows& rows, std::span<const Slice> cut, const SliceWork& loss,
                        torch::Tensor& losses, const SliceWork& after = {});

  /// The sum over all rows, laid out like the weights (num_weights). Overwritten by the next call.
  /// \param losses  (number of losses) <- theirs
  const torch::Tensor& sum(const LearningRows& rows, const SliceWork& loss, torch::Tensor& losses,
                           const SliceWork& after = {});

  /// (num_weights), what `sum` gave: for who sums slices otherwise.
  torch::Tensor& of_weights() { return gradient_; }

  /// (action_size), a view of what `sum` gave: for what a loss has of log_std alone.
  torch::Tensor& log_std() { return gradient_views_.log_std; }

 private:
  /// What one thread needs to take one slice forward and backward.
  struct Worker {
    torch::Tensor obs;             // (rows, obs_size), gathered
    torch::Tensor privileged_obs;  // (rows, privileged_obs_size), the same
    MlpWorkspace actor;
    MlpWorkspace critic;
  };

  bool learns_policy() const { return learns_ != Learns::kCritic; }
  bool learns_critic() const { return learns_ != Learns::kPolicy; }
  void take(const LearningRows& rows, std::int64_t begin, const SliceWork& loss,
            const SliceWork& after, Worker& worker, ActorCritic::Views& gradient,
            const torch::Tensor& losses) const;
  torch::Tensor input(const torch::Tensor& obs, const torch::Tensor& index,
                      torch::Tensor& gathered) const;
  void prepare(std::int64_t num_slices);

  const ActorCritic& networks_;
  WorkerPool& pool_;
  torch::Device device_;
  const LearnerOps& ops_;
  int num_losses_;
  Learns learns_;
  std::vector<Worker> workers_;                  // one a thread
  torch::Tensor slice_gradients_;                // (slices, num_weights)
  torch::Tensor slice_losses_;                   // (slices, number of losses)
  std::vector<ActorCritic::Views> slice_views_;  // of the rows of slice_gradients_
  torch::Tensor gradient_;                       // (num_weights)
  ActorCritic::Views gradient_views_;            // of gradient_
};

}  // namespace kennel
