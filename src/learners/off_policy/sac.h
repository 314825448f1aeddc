// Soft actor-critic with a learnt temperature (Haarnoja et al. 2018, arXiv 1812.05905, algorithm 1;
// the temperature: section 5).
//
//   a ~ pi(. | s), a Gaussian squeezed by tanh (tanh_gaussian.h)
//   y = R + gamma^m (min_k Q'_k(s', a') - alpha log pi(a' | s')),  a' ~ pi(. | s')     (eq. 5, 6)
//   critics:      down the mean of (Q_1(s, a) - y)^2 + (Q_2(s, a) - y)^2
//   policy:       down the mean of alpha log pi(a | s) - min_k Q_k(s, a), by a's noise     (eq. 9)
//   temperature:  down the mean of -alpha (log pi(a | s) + H), H: entropy aimed at        (eq. 18)
//   Q' <- tau Q + (1 - tau) Q'
//
// In returns of several steps the entropies in between are left out. The mean of the critics in the
// place of the smaller one (least_of_two = false) and an H of 0 are those of FastSAC (Seo et al.
// 2025, arXiv 2512.01996). Deployed is tanh of the Gaussian's mean.
#pragma once

#include <string>
#include <vector>

#include "kennel/rl/adam.h"
#include "src/learners/off_policy/critics.h"
#include "src/learners/off_policy/tanh_gaussian.h"

namespace kennel {

struct SacConfig {
  static constexpr const char* kSection = "sac";
  ReplayConfig replay{};
  ActorCriticConfig networks{};
  float init_std = 0.4f;
  float min_log_std = -5.0f;
  float max_log_std = 0.0f;
  float init_temperature = 0.01f;
  float temperature_learning_rate = 3e-4f;
  float target_entropy = -0.5f;
  int policy_delay = 2;
  bool least_of_two = true;
};

template <class Config, class Visitor>
void visit_fields(Config& c, Visitor&& v) requires same_config<Config, SacConfig> {
  v.field("init_std", c.init_std, Bounds{1e-3, 10.0},
          "standard deviation of the policy before it is squeezed by tanh, at the start");
  v.field("min_log_std", c.min_log_std, Bounds{-20.0, 3.0},
          "floor of its logarithm; approached, not reached");
  v.field("max_log_std", c.max_log_std, Bounds{-20.0, 3.0},
          "ceiling of its logarithm; approached, not reached");
  v.field("init_temperature", c.init_temperature, Bounds{1e-8, 1e3},
          "reward that a nat of entropy is worth at the start");
  v.field("temperature_learning_rate", c.temperature_learning_rate, Bounds{0.0, 1.0},
          "Adam's step of the temperature's logarithm; 0: it stays as it is");
  v.field("target_entropy", c.target_entropy, Bounds{-20.0, 0.6931},
          "entropy that the temperature is steered to, nat an action within [-1, 1], of which the "
          "uniform distribution has log 2 = 0.693");
  v.field("policy_delay", c.policy_delay, Bounds{1, 1000},
          "updates of the critics for one of the policy and the temperature");
  v.field("least_of_two", c.least_of_two, Bounds{},
          "value actions by the smaller of the critics; false: by their mean");
  visit_actor_critic_fields(c.networks, v);
  visit_replay_fields(c.replay, v);
}

std::vector<std::string> problems(const SacConfig& config, int num_envs);

/// The policy's network: what tanh_gaussian.h reads.
MlpShape gaussian_shape(const EnvSpec& spec, const ReplayConfig& replay,
                        const ActorCriticConfig& config);

class Sac final : public OffPolicyMethod {
 public:
  static constexpr bool kPrivileged = true;
  static std::vector<NetworkCount> shapes(const SacConfig& config, const EnvSpec& spec) {
    return {{gaussian_shape(spec, config.replay, config.networks)},
            {critic_shape(spec, config.replay, config.networks), 2}};
  }

  Sac(const OffPolicyParts& parts, const SacConfig& config);

  std::int64_t action_noise() const override { return action_size_; }
  /// For what follows, then for the policy's own action.
  std::int64_t update_noise() const override { return 2 * action_size_; }
  void explore(const Exploring& at, int thread, torch::Tensor& action) override;
  void update(const Minibatch& batch, const torch::Tensor& noise, std::int64_t update,
              torch::Tensor& numbers) override;
  std::vector<std::string_view> number_names() const override;
  PolicyNetwork policy(const Normaliser& obs_normaliser) const override;
  std::vector<NamedNetworks> networks() override {
    return {{"actor", actor_}, {"critics", critics_.networks()}};
  }
  void save(TensorArchive& archive) const override;
  void load(const TensorArchive& archive) override;

  torch::Tensor temperature() const { return log_alpha_.exp(); }  // (1)

 private:
  TanhSample sample(const torch::Tensor& obs, const torch::Tensor& eps, int thread);
  torch::Tensor ascend(const Minibatch& batch, const torch::Tensor& eps);
  void adapt_temperature(const torch::Tensor& log_prob);

  SacConfig config_;
  std::int64_t action_size_;
  LogStdBounds bounds_;
  Estimate estimate_;
  const LearnerOps& ops_;
  TrainedNetworks actor_;
  std::vector<MlpWorkspace> passes_;  // of the actor, one a thread
  Critics critics_;
  torch::Tensor log_alpha_;  // (1)
  Adam temperature_step_;
  torch::Tensor climbed_;  // (2), of the last policy step: mean Q and log-probability
};

}  // namespace kennel
