// What methods that learn from rollouts by networks have in their sections beside their own: keys,
// what can be wrong with them, and which of them a run that goes on cannot change.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kennel/core/check.h"
#include "kennel/core/fields.h"
#include "kennel/io/config_problems.h"
#include "kennel/rl/learner_entry.h"
#include "kennel/rl/network_config.h"
#include "kennel/rl/rollout_config.h"

namespace kennel {

/// Samples of an iteration.
inline std::int64_t rows_of(const RolloutConfig& config, int num_envs) {
  return std::int64_t{config.num_steps} * num_envs;
}

template <class Visitor, class Config>
void visit_rollout_fields(Config& c, Visitor&& v) requires same_config<Config, RolloutConfig> {
  v.field("num_steps", c.num_steps, Bounds{1, 4096},
          "control steps of every environment in an iteration");
  v.field("gamma", c.gamma, Bounds{0.0, 1.0}, "discount a control step");
  v.field("gae_lambda", c.gae_lambda, Bounds{0.0, 1.0},
          "advantage estimation: 0 trusts the critic, 1 the sampled returns");
}

/// Adds that a batch is too small to scale its advantages.
inline void check_rollout(std::string_view section, const RolloutConfig& config, int num_envs,
                          std::vector<std::string>& problems) {
  if (rows_of(config, num_envs) != 1) return;
  problems.push_back(
      text("num_envs * num_steps = 1; an iteration's advantages are scaled by their deviation, "
           "which takes at least 2 samples: raise num_envs or ",
           section, ".num_steps"));
}

/// Adds what is wrong where `minibatches` of the key ("ppo.num_minibatches") do not divide a batch,
/// naming what does.
inline void check_minibatches(std::string_view key, int minibatches, std::int64_t rows,
                              std::vector<std::string>& problems) {
  if (minibatches < 1 || rows < 1 || rows % minibatches == 0) return;
  std::int64_t below = minibatches, above = minibatches;
  while (below > 1 && rows % below != 0) --below;
  while (above < rows && rows % above != 0) ++above;
  problems.push_back(text(key, " = ", minibatches, " does not divide num_envs * num_steps = ", rows,
                          "; try ", below, above > rows ? std::string() : text(" or ", above)));
}

template <class Visitor, class Config>
void visit_network_fields(Config& c, Visitor&& v) requires same_config<Config, NetworkConfig> {
  v.field("init_std", c.init_std, Bounds{1e-3, 10.0},
          "standard deviation of the action noise at the start");
  v.field("min_log_std", c.min_log_std, Bounds{-20.0, 3.0}, "floor of the log standard deviation");
  v.field("max_log_std", c.max_log_std, Bounds{-20.0, 3.0},
          "ceiling of the log standard deviation");
  v.field("actor_hidden", c.actor_hidden, Bounds{1, 8192},
          "units of the policy's hidden layers; "
          "[]: none, a linear policy");
  v.field("critic_hidden", c.critic_hidden, Bounds{1, 8192}, "units of the critic's hidden layers");
  v.field("activation", c.activation, Bounds{}, "of the hidden layers: relu, elu or tanh");
  v.field("symmetric", c.symmetric, Bounds{},
          "left-right equivariant policy, invariant critic; hidden layers need an even size");
  v.field("squash_mean", c.squash_mean, Bounds{},
          "mean action = tanh(network), as the robot's controller expects");
  v.field("normalise_obs", c.normalise_obs, Bounds{},
          "scale observations by their running mean and standard deviation");
}

/// What is out of bounds, and what is wrong with the networks, of a config that has `network`.
template <class Config>
std::vector<std::string> common_problems(std::string_view section, const Config& config) {
  std::vector<std::string> found = out_of_bounds(section, config);
  for (std::string& problem : problems(section, config.network))
    found.push_back(std::move(problem));
  return found;
}

inline constexpr const char* kOnlyStartsNoise =
    "it only starts a run; the noise has been learned since";
inline constexpr const char* kNetworks = "the checkpoint's networks are made for it";
inline constexpr FixedKey kNetworkFixed[] = {
    {"init_std", kOnlyStartsNoise}, {"actor_hidden", kNetworks}, {"critic_hidden", kNetworks},
    {"activation", kNetworks},      {"symmetric", kNetworks},    {"squash_mean", kNetworks},
    {"normalise_obs", kNetworks},
};

}  // namespace kennel
