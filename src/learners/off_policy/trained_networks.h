// Networks that learn, and those that follow them.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "kennel/contract/mirror.h"
#include "kennel/rl/adam.h"
#include "kennel/rl/learner_ops.h"
#include "kennel/rl/mlp.h"
#include "kennel/rl/slices.h"
#include "kennel/rl/tensor_archive.h"
#include "kennel/rl/weight_tying.h"
#include "kennel/rl/worker_pool.h"

namespace kennel {

/// What both ends of a network become in the mirror.
struct NetworkMirrors {
  Mirror in, out;
};

/// Of the last layer at the start: a policy's stays near the default pose, values start small.
inline constexpr double kPolicyGain = 0.01, kValueGain = 0.1;

struct NetworkPlan {
  MlpShape shape;
  int count = 1;             // networks of that shape
  double output_gain = 1.0;  // of the last layer's weights at the start
  double learning_rate = 1e-3;
  double max_grad_norm = 1e9;
  const NetworkMirrors* mirrors = nullptr;  // null: left and right are two
  bool followed = true;                     // by targets
};

/// Some MLPs of one shape over one flat parameter vector, with Adam, and a target network for each
/// that follows it (Lillicrap et al. 2016, arXiv 1509.02971, algorithm 1):
///
///   target <- tau network + (1 - tau) target
///
/// Where left and right are treated alike, what Adam moves are the free parameters (WeightTying).
class TrainedNetworks {
 public:
  using Layers = std::vector<std::vector<Dense>>;  // of each network

  /// Numbers that a minibatch's slices add up beside the gradient, for logs.
  static constexpr std::int64_t kNumSums = 2;

  /// Adds what a slice of rows contributes: writes every entry of the gradient and `sums`
  /// (kNumSums). Called on any thread.
  using SliceGradient = std::function<void(const Slice& slice, int thread, Layers& gradient,
                                           const torch::Tensor& sums)>;

  TrainedNetworks(const NetworkPlan& plan, torch::Generator generator, WorkerPool& pool,
                  torch::Device device, const LearnerOps& ops);

  const MlpShape& shape() const { return plan_.shape; }
  const std::vector<Dense>& network(int k = 0) const {
    return layers_[static_cast<std::size_t>(k)];
  }
  const std::vector<Dense>& target(int k = 0) const { return target_[static_cast<std::size_t>(k)]; }
  int count() const { return plan_.count; }

  /// Takes Adam's step against the gradient of a loss over so many rows.
  /// \return the slices' sums (kNumSums)
  torch::Tensor descend(std::int64_t rows, const SliceGradient& gradient);

  /// Moves the targets.
  void follow(double tau);

  /// Sets the biases of some outputs of every network.
  void set_output_bias(std::int64_t from, std::int64_t count, double value);

  /// What Adam moves. Call `refresh` after changing it.
  torch::Tensor& parameters() { return free_; }
  void refresh();

  const torch::Tensor& grad_norm() const { return grad_norm_; }     // (), of the last step
  const torch::Tensor& gradient() const { return free_gradient_; }  // (num_free), the same
  torch::Tensor skipped() const { return adam_.skipped(); }         // (), steps skipped so far

  /// Under names that begin with `name`.
  void save(TensorArchive& archive, const std::string& name) const;
  void load(const TensorArchive& archive, const std::string& name);

  /// The networks and their targets alone.
  void load_parameters(const TensorArchive& archive, const std::string& name);

  /// \throws Error when the archive's networks are of other sizes or not finite
  void check(const TensorArchive& archive, const std::string& name,
             const std::string& source) const;

 private:
  Layers views(const torch::Tensor& flat) const;
  void build_tying();
  void initialise(torch::Generator generator);
  void prepare(std::int64_t num_slices);

  NetworkPlan plan_;
  WorkerPool& pool_;
  const LearnerOps& ops_;
  WeightTying tying_;
  torch::Tensor free_;           // (num_free); not tied: the same memory as dense_
  torch::Tensor dense_;          // (num_dense), network by network
  torch::Tensor target_dense_;   // (num_dense), or none
  torch::Tensor gradient_;       // (num_dense)
  torch::Tensor free_gradient_;  // (num_free); not tied: the same memory
  torch::Tensor grad_norm_;      // ()
  Layers layers_, target_;
  torch::Tensor slice_gradients_, slice_sums_;  // (slices, num_dense), (slices, kNumSums)
  std::vector<Layers> slice_views_;
  Adam adam_;
};

/// The gradient of what was summed into `workspace.grad.back()` by the network's input, its
/// columns from `from` on: (rows, in - from). The weights' gradients are left out. Call it after
/// `forward` with the same arguments.
torch::Tensor input_gradient(const LearnerOps& ops, const std::vector<Dense>& layers,
                             MlpWorkspace& workspace, std::int64_t from);

}  // namespace kennel
