// Deep deterministic policy gradient (Lillicrap et al. 2016, arXiv 1509.02971, algorithm 1).
//
//   a = clip(mu(s) + sigma eps, -1, 1)                               what is tried
//   y = R + gamma^m Q'(s', mu'(s'))                                  R: returns of m <= n steps
//   critic:  down the mean of (Q(s, a) - y)^2
//   policy:  up the mean of  d mu(s)/d theta  d(Q(s, a) - c mean_j a_j^2)/da, a = mu(s)
//                                                                    (their eq. 6, where c = 0)
//   Q', mu' <- tau Q, mu + (1 - tau) Q', mu'
//
// Other than there: noise without memory, of another size in every environment, in the place of
// Ornstein and Uhlenbeck's, as Fujimoto et al. 2018 have it, n steps of rewards, and the price c of
// actions (Plappert et al. 2018, arXiv 1802.09464, appendix A).
#pragma once

#include <string>
#include <vector>

#include "src/learners/off_policy/critics.h"
#include "src/learners/off_policy/deterministic_actor.h"

namespace kennel {

struct DdpgConfig {
  static constexpr const char* kSection = "ddpg";
  ReplayConfig replay{};
  ActorCriticConfig networks{};
  float min_noise = 0.05f;
  float max_noise = 0.4f;
  float action_cost = 0.0f;
};

template <class Config, class Visitor>
void visit_fields(Config& c, Visitor&& v) requires same_config<Config, DdpgConfig> {
  v.field("min_noise", c.min_noise, Bounds{0.0, 10.0},
          "standard deviation of the noise on actions in the most careful environment, as a share "
          "of half their range");
  v.field("max_noise", c.max_noise, Bounds{0.0, 10.0},
          "the same in the boldest; the others lie between");
  v.field("action_cost", c.action_cost, Bounds{0.0, 1e9},
          "what the policy pays for the mean square of its actions, against the critics' values; "
          "without it actions end at their bounds, where tanh has no slope");
  visit_actor_critic_fields(c.networks, v);
  visit_replay_fields(c.replay, v);
}

std::vector<std::string> problems(const DdpgConfig& config, int num_envs);

class Ddpg final : public OffPolicyMethod {
 public:
  static constexpr bool kPrivileged = true;
  static std::vector<NetworkCount> shapes(const DdpgConfig& config, const EnvSpec& spec) {
    return {{actor_shape(spec, config.replay, config.networks)},
            {critic_shape(spec, config.replay, config.networks), 1}};
  }

  Ddpg(const OffPolicyParts& parts, const DdpgConfig& config);

  std::int64_t action_noise() const override { return action_size_; }
  std::int64_t update_noise() const override { return 0; }
  void explore(const Exploring& at, int thread, torch::Tensor& action) override;
  void update(const Minibatch& batch, const torch::Tensor& noise, std::int64_t update,
              torch::Tensor& numbers) override;
  std::vector<std::string_view> number_names() const override;
  PolicyNetwork policy(const Normaliser& obs_normaliser) const override {
    return actor_.deployed_with(obs_normaliser);
  }
  std::vector<NamedNetworks> networks() override {
    return {{"actor", actor_.networks()}, {"critic", critic_.networks()}};
  }

 private:
  DdpgConfig config_;
  std::int64_t action_size_;
  DeterministicActor actor_;
  Critics critic_;
};

}  // namespace kennel
