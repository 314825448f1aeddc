// The policy gradients' rows in the table of methods.
#pragma once

#include <memory>

#include "kennel/contract/vec_env.h"
#include "kennel/rl/learner_entry.h"
#include "src/learners/policy_gradient/a2c.h"
#include "src/learners/policy_gradient/npg.h"
#include "src/learners/policy_gradient/ppo_kl.h"
#include "src/learners/policy_gradient/reinforce.h"
#include "src/learners/policy_gradient/trpo.h"

namespace kennel {

/// Bytes of rollout, workspaces and networks as PPO takes them layer by layer, and of the vectors
/// that these methods keep beside.
std::size_t policy_gradient_bytes(const EnvSpec& spec, const RolloutConfig& rollout,
                                  const NetworkConfig& network, const LearnerOps& ops);

template <class Method, class Config>
constexpr LearnerEntry policy_gradient_entry(const char* name, const char* summary,
                                             std::span<const FixedKey> fixed = kNetworkFixed) {
  return {
      .name = name,
      .summary = summary,
      .config = [] { return ConfigBlock(Config::kSection, Config{}); },
      .make = [](const LearnerParts& parts) -> std::unique_ptr<Learner> {
        return std::make_unique<Method>(parts);
      },
      .policy_layers =
          [](const ConfigBlock& config, int obs_size, int action_size) {
            return policy_layers(config.as<Config>().network, obs_size, action_size);
          },
      .layers_key = "actor_hidden",
      .drop_symmetry = [](ConfigBlock& config) { config.as<Config>().network.symmetric = false; },
      .bytes =
          [](const EnvSpec& spec, const ConfigBlock& config, const LearnerOps& ops) {
            const auto& c = config.as<Config>();
            return policy_gradient_bytes(spec, c.rollout, c.network, ops);
          },
      .least_steps = [](const ConfigBlock& config, int num_envs, int /*episode_steps*/)
          -> std::int64_t { return rows_of(config.as<Config>().rollout, num_envs); },
      .fixed = fixed,
      .policy = "dense network with Gaussian noise",
      .cannot = "several processes"};
}

inline constexpr FixedKey kPpoKlFixed[] = {
    {"init_beta", "it only starts a run; the rule has moved it since"},
    {"init_std", kOnlyStartsNoise},
    {"actor_hidden", kNetworks},
    {"critic_hidden", kNetworks},
    {"activation", kNetworks},
    {"symmetric", kNetworks},
    {"squash_mean", kNetworks},
    {"normalise_obs", kNetworks},
};

inline constexpr LearnerEntry kReinforce = policy_gradient_entry<Reinforce, ReinforceConfig>(
    "reinforce", "the likelihood-ratio gradient of returns to go, less one of four baselines");
inline constexpr LearnerEntry kA2c = policy_gradient_entry<A2c, A2cConfig>(
    "a2c", "advantage actor-critic: one RMSProp step for both networks a short rollout");
inline constexpr LearnerEntry kNpg = policy_gradient_entry<Npg, NpgConfig>(
    "npg", "natural policy gradient by conjugate gradients, steps of a given KL divergence");
inline constexpr LearnerEntry kTrpo = policy_gradient_entry<Trpo, TrpoConfig>(
    "trpo", "trust region policy optimisation: the natural step, backtracked on surrogate and KL");
inline constexpr LearnerEntry kPpoKl = policy_gradient_entry<PpoKl, PpoKlConfig>(
    "ppo-kl", "proximal policy optimisation with a KL penalty whose weight adapts", kPpoKlFixed);

}  // namespace kennel
