// Deep Q-learning (Mnih et al. 2015) with the double estimator (van Hasselt, Guez, Silver 2016,
// arXiv 1509.06461, section 3), decoupled over the joints (DecQN: Seyde et al. 2023, arXiv
// 2210.12566): a joint chooses among K bins, and a state's value is a mean over M joints, so that
// the best of K^M actions is found joint by joint.
//
//   Q(s, a) = 1/M sum_j Q_j(s, a_j)                 Q_j: K outputs of one network
//   a_j = argmax_b Q_j(s, b), with probability epsilon any bin                 what is tried
//   y = R + gamma^m 1/M sum_j Q'_j(s', argmax_b Q_j(s', b))
//   down the mean of (Q(s, a) - y)^2;   Q' <- tau Q + (1 - tau) Q'
//
// Without the double estimator Q' chooses as well as values, and its errors are chosen for being
// large: y is too high wherever values are uncertain. The values are the policy, so they read the
// observation that is deployed; privileged ones are not used. One joint and K bins: plain DQN.
#pragma once

#include <string>
#include <vector>

#include "src/learners/off_policy/off_policy.h"
#include "src/learners/off_policy/replay_config.h"

namespace kennel {

struct DqnConfig {
  static constexpr const char* kSection = "dqn";
  ReplayConfig replay{};
  std::vector<int> hidden = {128, 128};
  float learning_rate = 5e-4f;
  int num_bins = 3;
  float min_epsilon = 0.01f;
  float max_epsilon = 0.2f;
  bool double_q = true;
};

template <class Config, class Visitor>
void visit_fields(Config& c, Visitor&& v) requires same_config<Config, DqnConfig> {
  v.field("num_bins", c.num_bins, Bounds{2, 9},
          "values that each action can take, evenly from the one bound to the other");
  v.field("min_epsilon", c.min_epsilon, Bounds{0.0, 1.0},
          "probability that a joint tries any bin, in the most careful environment");
  v.field("max_epsilon", c.max_epsilon, Bounds{0.0, 1.0},
          "the same in the boldest; the others lie between");
  v.field("double_q", c.double_q, Bounds{},
          "what follows is chosen by the learnt network and valued by its target; false: both by "
          "the target");
  v.field("hidden", c.hidden, Bounds{1, 8192}, "units of the network's hidden layers");
  v.field("learning_rate", c.learning_rate, Bounds{1e-8, 1.0}, "Adam's step");
  visit_replay_fields(c.replay, v);
}

std::vector<std::string> problems(const DqnConfig& config, int num_envs);

/// Bins (any shape) int64 as actions from -1 to 1, and back.
torch::Tensor bin_values(const torch::Tensor& bins, int num_bins);
torch::Tensor nearest_bins(const torch::Tensor& values, int num_bins);

/// 1/M sum_j of_j(argmax_b by_j(b)): (rows), from two tables of values (rows, M, K).
torch::Tensor value_of_best(const torch::Tensor& by, const torch::Tensor& of);

/// Layers from K values for each of M actions to the actions of the largest, after a network's own.
///
/// No layer is an argmax; steep tanh are steps, and rectifiers are maxima:
///   a_j = 1/(K - 1) sum_{k=1}^{K-1} tanh(1e4 (max_{b >= k} Q_j(b) - max_{b < k} Q_j(b)))
/// That is the largest value's bin; where two are within some 3e-4 of each other, between them.
std::vector<DenseLayer> argmax_layers(int num_actions, int num_bins);

class Dqn final : public OffPolicyMethod {
 public:
  static constexpr bool kPrivileged = false;
  static std::vector<NetworkCount> shapes(const DqnConfig& config, const EnvSpec& spec);

  Dqn(const OffPolicyParts& parts, const DqnConfig& config);

  /// Whether a joint tries any bin, and which.
  std::int64_t action_noise() const override { return 2 * action_size_; }
  std::int64_t update_noise() const override { return 0; }
  void explore(const Exploring& at, int thread, torch::Tensor& action) override;
  void explore_blindly(const torch::Tensor& noise, torch::Tensor& action) override;
  void update(const Minibatch& batch, const torch::Tensor& noise, std::int64_t update,
              torch::Tensor& numbers) override;
  std::vector<std::string_view> number_names() const override;
  PolicyNetwork policy(const Normaliser& obs_normaliser) const override;
  std::vector<NamedNetworks> networks() override { return {{"values", networks_}}; }

 private:
  enum class Which { kLearnt, kTarget };

  torch::Tensor values(const torch::Tensor& obs, Which which, int thread);
  torch::Tensor any_bin(const torch::Tensor& noise) const;

  DqnConfig config_;
  std::int64_t action_size_;
  const LearnerOps& ops_;
  TrainedNetworks networks_;
  std::vector<MlpWorkspace> passes_, target_passes_;  // one a thread
};

}  // namespace kennel
