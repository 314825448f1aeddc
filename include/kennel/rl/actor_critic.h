// The policy and the value function: two networks over one flat parameter vector.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "kennel/contract/mirror.h"
#include "kennel/contract/vec_env.h"
#include "kennel/policy/policy_network.h"
#include "kennel/rl/learner_ops.h"
#include "kennel/rl/mlp.h"
#include "kennel/rl/network_config.h"
#include "kennel/rl/normaliser.h"
#include "kennel/rl/parity.h"
#include "kennel/rl/weight_tying.h"

namespace kennel {

/// Gaussian policy with a state-independent standard deviation, and an asymmetric critic.
///
///   action ~ N(mean(obs), exp(log_std)^2),   mean = tanh(MLP(obs)) or MLP(obs)
///   value  = MLP(privileged_obs)
///
/// Without symmetry the free parameters are the dense ones; with it half as many (WeightTying), and
/// the operations may run the networks by parity: then those read the even and odd parts of
/// observations, and what they are run with are `weights` of half the dense ones' number.
class ActorCritic {
 public:
  /// \param mirrors  read when `config.symmetric`; may be null otherwise
  /// \param ops      reads the networks; decides whether transposed copies of the weights are kept
  ///                 and symmetric networks are run by parity
  /// \throws Error when the config is symmetric and a mirror is missing or wrong
  ActorCritic(const EnvSpec& spec, const NetworkConfig& config, const Mirrors* mirrors,
              std::uint64_t seed, torch::Device device, const LearnerOps& ops);

  /// Sets what the layers' products are rounded to; fp32 until then.
  void multiply_in(const NetworkPrecision& precision);

  /// What the optimiser moves, (num_free). Call `refresh` after changing it.
  torch::Tensor& parameters() { return free_; }
  const torch::Tensor& parameters() const { return free_; }

  /// Clamps log_std and rebuilds the weights from the free parameters.
  void refresh();

  /// (num_free) <- a gradient laid out like the weights (num_weights).
  void reduce_gradient(const torch::Tensor& gradient, torch::Tensor& free_gradient) const;

  /// What `refresh` and `reduce_gradient` do, for fused operations.
  const WeightTying& tying() const { return tying_; }
  torch::Tensor& dense() { return dense_; }  // (num_dense)
  /// `parameters` are so many of the policy, then the critic's, then so many of log_std.
  std::int64_t num_free_actor() const { return num_free_actor_; }
  std::int64_t num_free_log_std() const { return free_log_std_.size(0); }
  double min_log_std() const { return min_log_std_; }
  double max_log_std() const { return max_log_std_; }

  std::int64_t num_dense() const { return dense_.size(0); }
  std::int64_t num_weights() const { return weights_.size(0); }
  const MlpShape& actor_shape() const { return actor_.shape; }
  const MlpShape& critic_shape() const { return critic_.shape; }
  const std::vector<Dense>& actor() const { return actor_.layers; }    // views of the weights
  const std::vector<Dense>& critic() const { return critic_.layers; }  // views of the weights
  const torch::Tensor& log_std() const { return log_std_; }            // (action_size), a view

  /// The parts of an observation that a network reads; null: it reads it as it is.
  const Parity* actor_input() const { return actor_.input(); }
  const Parity* critic_input() const { return critic_.input(); }

  /// The same views of any vector laid out like the weights, such as a gradient.
  struct Views {
    std::vector<Dense> actor;
    std::vector<Dense> critic;
    torch::Tensor log_std;  // (action_size)
  };
  Views views(const torch::Tensor& weights) const;

  /// The deployed policy: the mean action as dense layers, the normaliser folded into the first.
  PolicyNetwork snapshot(const Normaliser& obs_normaliser) const;

 private:
  /// One of the two networks.
  struct Network {
    MlpShape dense_shape, shape;  // as exported, as run
    std::vector<Dense> dense;     // views of the dense parameters
    std::vector<Dense> layers;    // views of the weights
    std::vector<Parity> parity;   // of each layer's inputs; none unless run by parity

    const Parity* input() const { return parity.empty() ? nullptr : &parity.front(); }
  };

  void build_tying(const Mirrors& mirrors, torch::Device device);
  void run_by_parity(const Mirrors& mirrors, torch::Device device);
  std::int64_t num_weights_of_shapes() const;
  bool runs_by_parity() const { return !actor_.parity.empty(); }
  Views views_of(const torch::Tensor& flat, const MlpShape& actor, const MlpShape& critic) const;
  void initialise(const NetworkConfig& config, std::uint64_t seed);

  Network actor_, critic_;
  int action_size_ = 0;
  bool symmetric_ = false;
  bool transposed_weights_ = false;
  double min_log_std_ = 0.0, max_log_std_ = 0.0;
  std::int64_t num_free_actor_ = 0;
  WeightTying tying_;
  torch::Tensor free_;     // (num_free); without symmetry the same memory as dense_
  torch::Tensor dense_;    // (num_dense): actor, critic, log_std
  torch::Tensor weights_;  // (num_weights), what is run; without parity the same memory
  torch::Tensor log_std_, dense_log_std_;  // (action_size) views of weights_, of dense_
  torch::Tensor free_log_std_;             // view of free_
};

}  // namespace kennel
