// The analytic policy gradient's row in the table of methods.
#pragma once

#include <cstdint>
#include <memory>

#include "kennel/contract/vec_env.h"
#include "kennel/rl/learner_entry.h"
#include "src/learners/apg/apg.h"

namespace kennel {

inline ConfigBlock apg_block() { return {ApgConfig::kSection, ApgConfig{}}; }

inline std::unique_ptr<Learner> make_apg(const LearnerParts& parts) {
  return std::make_unique<Apg>(parts);
}

inline PolicyNetwork apg_layers(const ConfigBlock& /*config*/, int obs_size, int action_size) {
  PolicyNetwork network;
  network.layers.push_back({obs_size, action_size, {}, {}, ""});
  return network;
}

/// Of every robot: a linear policy of what it observes has too many numbers for forward mode.
inline bool apg_seeks_gait(const ConfigBlock& /*config*/, bool has_robot) { return has_robot; }

inline void keep_apg(ConfigBlock& /*config*/) {}  // knows no left and right

inline std::size_t apg_bytes(const EnvSpec& /*spec*/, const ConfigBlock& /*config*/,
                             const LearnerOps& /*ops*/) {
  return 0;  // a few numbers an episode, on the CPU
}

/// Of a step of Adam. It steps no environment, so their number counts for nothing.
inline std::int64_t apg_least_steps(const ConfigBlock& config, int /*num_envs*/,
                                    int episode_steps) {
  const auto& of = config.as<ApgConfig>();
  return std::int64_t{of.episodes} * (of.horizon > 0 ? of.horizon : episode_steps);
}

inline constexpr LearnerEntry kApg = {
    .name = "apg",
    .summary = "analytic policy gradient: derivatives of the return through the dynamics",
    .config = apg_block,
    .make = make_apg,
    .policy_layers = apg_layers,
    .layers_key = "episodes",  // none of its keys decides them
    .drop_symmetry = keep_apg,
    .bytes = apg_bytes,
    .least_steps = apg_least_steps,
    .fixed = {},
    .policy = "linear in the observation, of a robot a gait",
    .cannot = "tasks without derivatives; robots that are not told to walk; several processes",
    .seeks_gait = apg_seeks_gait};

}  // namespace kennel
