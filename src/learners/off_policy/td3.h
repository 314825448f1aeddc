// Twin delayed deep deterministic policy gradient (Fujimoto, van Hoof, Meger 2018, arXiv
// 1802.09477, algorithm 1), which is ddpg.h with three changes:
//
//   a' = clip(mu'(s') + clip(sigma_t eps, -c, c), -1, 1)    target policy smoothing, section 5.3
//   y = R + gamma^m min(Q'_1(s', a'), Q'_2(s', a'))         clipped double Q-learning, section 4.2
//   critics:  down the mean of (Q_1(s, a) - y)^2 + (Q_2(s, a) - y)^2
//   every policy_delay-th update (section 5.2):
//     policy: up the mean of  d mu(s)/d theta  d(Q_1(s, a) - c mean_j a_j^2)/da, a = mu(s)
//     Q', mu' <- tau Q, mu + (1 - tau) Q', mu'
//
// On thousands of environments at once, with large batches and short memories: FastTD3 (Seo et al.
// 2025, arXiv 2505.22642), from which the noise that differs between environments is taken.
#pragma once

#include <string>
#include <vector>

#include "src/learners/off_policy/critics.h"
#include "src/learners/off_policy/deterministic_actor.h"

namespace kennel {

struct Td3Config {
  static constexpr const char* kSection = "td3";
  ReplayConfig replay{};
  ActorCriticConfig networks{};
  float min_noise = 0.05f;
  float max_noise = 0.4f;
  float target_noise = 0.1f;
  float target_noise_clip = 0.3f;
  int policy_delay = 2;
  bool least_of_two = true;
  float action_cost = 0.0f;
};

template <class Config, class Visitor>
void visit_fields(Config& c, Visitor&& v) requires same_config<Config, Td3Config> {
  v.field("min_noise", c.min_noise, Bounds{0.0, 10.0},
          "standard deviation of the noise on actions in the most careful environment, as a share "
          "of half their range");
  v.field("max_noise", c.max_noise, Bounds{0.0, 10.0},
          "the same in the boldest; the others lie between");
  v.field("target_noise", c.target_noise, Bounds{0.0, 10.0},
          "standard deviation of the noise on the actions that what follows is valued by");
  v.field("target_noise_clip", c.target_noise_clip, Bounds{0.0, 10.0},
          "bound of that noise, either way");
  v.field("policy_delay", c.policy_delay, Bounds{1, 1000},
          "updates of the critics for one of the policy and the target networks");
  v.field("least_of_two", c.least_of_two, Bounds{},
          "value what follows by the smaller of the critics; false: by their mean");
  v.field("action_cost", c.action_cost, Bounds{0.0, 1e9},
          "what the policy pays for the mean square of its actions, against the critics' values; "
          "without it actions end at their bounds, where tanh has no slope");
  visit_actor_critic_fields(c.networks, v);
  visit_replay_fields(c.replay, v);
}

std::vector<std::string> problems(const Td3Config& config, int num_envs);

/// a' of the file's top: (rows, action_size), from mu'(s') and standard normal eps of that shape.
torch::Tensor smoothed_action(const torch::Tensor& mean, const torch::Tensor& eps, double sigma,
                              double clip);

class Td3 final : public OffPolicyMethod {
 public:
  static constexpr bool kPrivileged = true;
  static std::vector<NetworkCount> shapes(const Td3Config& config, const EnvSpec& spec) {
    return {{actor_shape(spec, config.replay, config.networks)},
            {critic_shape(spec, config.replay, config.networks), 2}};
  }

  Td3(const OffPolicyParts& parts, const Td3Config& config);

  std::int64_t action_noise() const override { return action_size_; }
  std::int64_t update_noise() const override { return action_size_; }
  void explore(const Exploring& at, int thread, torch::Tensor& action) override;
  void update(const Minibatch& batch, const torch::Tensor& noise, std::int64_t update,
              torch::Tensor& numbers) override;
  std::vector<std::string_view> number_names() const override;
  PolicyNetwork policy(const Normaliser& obs_normaliser) const override {
    return actor_.deployed_with(obs_normaliser);
  }
  std::vector<NamedNetworks> networks() override {
    return {{"actor", actor_.networks()}, {"critics", critics_.networks()}};
  }
  void save(TensorArchive& archive) const override { archive.put("climbed", climbed_); }
  void load(const TensorArchive& archive) override { climbed_.copy_(archive.tensor("climbed")); }

 private:
  Td3Config config_;
  std::int64_t action_size_;
  DeterministicActor actor_;
  Critics critics_;
  torch::Tensor climbed_;  // (2), of the last policy step, for logs
};

}  // namespace kennel
