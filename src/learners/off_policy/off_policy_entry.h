// The off-policy methods' rows in the table of methods.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "kennel/contract/vec_env.h"
#include "kennel/rl/learner_entry.h"
#include "src/learners/off_policy/ddpg.h"
#include "src/learners/off_policy/dqn.h"
#include "src/learners/off_policy/off_policy_learner.h"
#include "src/learners/off_policy/sac.h"
#include "src/learners/off_policy/td3.h"

namespace kennel {

template <class Config>
ConfigBlock off_policy_block() {
  const Config config;
  return {Config::kSection, config};
}

template <class Method, class Config>
std::unique_ptr<Learner> make_off_policy(const LearnerParts& parts) {
  const auto& config = parts.config.as<Config>();
  return std::make_unique<OffPolicyLearner>(
      parts, OffPolicySetup{Config::kSection, config.replay, Method::kPrivileged,
                            [config](const OffPolicyParts& of) {
                              return std::make_unique<Method>(of, config);
                            }});
}

/// What brings actions within [-1, 1] to the part of their range that is used.
inline void add_range_layer(const ReplayConfig& replay, int action_size, PolicyNetwork& network) {
  if (replay.action_range < 1.0f) network.layers.push_back({action_size, action_size, {}, {}, ""});
}

/// A policy of its own.
template <class Config>
PolicyNetwork actor_layers(const ConfigBlock& config, int obs_size, int action_size) {
  const auto& of = config.as<Config>();
  PolicyNetwork network;
  int in = obs_size;
  for (const int units : of.networks.actor_hidden) {
    network.layers.push_back({in, units, {}, {}, of.replay.activation});
    in = units;
  }
  network.layers.push_back({in, action_size, {}, {}, "tanh"});
  add_range_layer(of.replay, action_size, network);
  return network;
}

template <class Config>
void drop_off_policy_symmetry(ConfigBlock& config) {
  config.as<Config>().replay.symmetric = false;
}

/// The buffer, a minibatch with what its rows become on their way through the networks and back,
/// and for each parameter its target, gradients, two moments and copies.
template <class Method, class Config>
std::size_t off_policy_bytes(const EnvSpec& spec, const ConfigBlock& config,
                             const LearnerOps& ops) {
  const auto& of = config.as<Config>();
  EnvSpec kept = spec;
  if (!Method::kPrivileged) kept.privileged_obs_size = 0;
  const auto batch = static_cast<std::size_t>(of.replay.batch_size);
  const auto slice = static_cast<std::size_t>(ops.rows_a_slice.update);
  std::size_t parameters = 0;
  auto a_row = static_cast<std::size_t>(2 * (kept.obs_size + kept.privileged_obs_size) +
                                        3 * kept.action_size + 2);
  for (const NetworkCount& network : Method::shapes(of, kept)) {
    const auto count = static_cast<std::size_t>(network.count);
    parameters += count * static_cast<std::size_t>(num_parameters(network.shape));
    a_row += count * static_cast<std::size_t>(network.shape.front().in);
    for (const DenseShape& layer : network.shape)
      a_row += 2 * count * static_cast<std::size_t>(layer.out);
  }
  return replay_bytes(kept, of.replay.buffer_steps) +
         sizeof(float) * (batch * a_row + parameters * ((batch + slice - 1) / slice + 10));
}

/// Until the buffer holds what learning begins with.
template <class Config>
std::int64_t off_policy_least_steps(const ConfigBlock& config, int num_envs,
                                    int /*episode_steps*/) {
  const ReplayConfig& replay = config.as<Config>().replay;
  return std::int64_t{std::max(replay.num_steps, replay.warmup_steps)} * num_envs;
}

inline constexpr const char* kNetworksMade = "the checkpoint's networks are made for it";
inline constexpr const char* kBufferMade = "the checkpoint's buffer is made for it";
inline constexpr FixedKey kActorCriticFixed[] = {
    {"actor_hidden", kNetworksMade},  {"critic_hidden", kNetworksMade},
    {"activation", kNetworksMade},    {"symmetric", kNetworksMade},
    {"normalise_obs", kNetworksMade}, {"action_range", kNetworksMade},
    {"buffer_steps", kBufferMade}};

inline constexpr FixedKey kSacFixed[] = {
    {"actor_hidden", kNetworksMade},
    {"critic_hidden", kNetworksMade},
    {"activation", kNetworksMade},
    {"symmetric", kNetworksMade},
    {"normalise_obs", kNetworksMade},
    {"action_range", kNetworksMade},
    {"buffer_steps", kBufferMade},
    {"init_std", "it only starts a run; the spread has been learnt since"},
    {"init_temperature", "it only starts a run; the temperature has been learnt since"}};
inline constexpr FixedKey kDqnFixed[] = {
    {"hidden", kNetworksMade},        {"activation", kNetworksMade},   {"symmetric", kNetworksMade},
    {"normalise_obs", kNetworksMade}, {"action_range", kNetworksMade}, {"num_bins", kNetworksMade},
    {"buffer_steps", kBufferMade}};

template <class Method, class Config>
constexpr LearnerEntry actor_critic_entry(const char* name, const char* summary,
                                          std::span<const FixedKey> fixed) {
  return {.name = name,
          .summary = summary,
          .config = off_policy_block<Config>,
          .make = make_off_policy<Method, Config>,
          .policy_layers = actor_layers<Config>,
          .layers_key = "actor_hidden",
          .drop_symmetry = drop_off_policy_symmetry<Config>,
          .bytes = off_policy_bytes<Method, Config>,
          .least_steps = off_policy_least_steps<Config>,
          .fixed = fixed,
          .policy = "dense network, actions between -1 and 1",
          .cannot = "several processes"};
}

inline PolicyNetwork dqn_layers(const ConfigBlock& config, int obs_size, int action_size) {
  const auto& of = config.as<DqnConfig>();
  PolicyNetwork network;
  int in = obs_size;
  for (const int units : of.hidden) {
    network.layers.push_back({in, units, {}, {}, of.replay.activation});
    in = units;
  }
  network.layers.push_back({in, action_size * of.num_bins, {}, {}, ""});
  for (DenseLayer& layer : argmax_layers(action_size, of.num_bins))
    network.layers.push_back({layer.in, layer.out, {}, {}, layer.activation});
  add_range_layer(of.replay, action_size, network);
  return network;
}

inline constexpr LearnerEntry kDqn = {
    .name = "dqn",
    .summary = "double deep Q-learning, each joint choosing among a few values of its own",
    .config = off_policy_block<DqnConfig>,
    .make = make_off_policy<Dqn, DqnConfig>,
    .policy_layers = dqn_layers,
    .layers_key = "hidden",
    .drop_symmetry = drop_off_policy_symmetry<DqnConfig>,
    .bytes = off_policy_bytes<Dqn, DqnConfig>,
    .least_steps = off_policy_least_steps<DqnConfig>,
    .fixed = kDqnFixed,
    .policy = "dense network that picks a value a joint",
    .cannot = "several processes"};
inline constexpr LearnerEntry kDdpg = actor_critic_entry<Ddpg, DdpgConfig>(
    "ddpg",
    "deep deterministic policy gradient: a policy that climbs a critic learnt from the past",
    kActorCriticFixed);
inline constexpr LearnerEntry kTd3 = actor_critic_entry<Td3, Td3Config>(
    "td3", "twin delayed ddpg: two critics, smoothed targets, a policy that waits for them",
    kActorCriticFixed);
inline constexpr LearnerEntry kSac = actor_critic_entry<Sac, SacConfig>(
    "sac", "soft actor-critic: td3's critics, a random policy, and a learnt price of its entropy",
    kSacFixed);

}  // namespace kennel
