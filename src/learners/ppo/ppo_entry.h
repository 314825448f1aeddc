// PPO's row in the table of methods.
#pragma once

#include "kennel/rl/learner_entry.h"
#include "src/learners/on_policy/on_policy_fields.h"

namespace kennel {

ConfigBlock ppo_block();
std::unique_ptr<Learner> make_ppo(const LearnerParts& parts);
PolicyNetwork ppo_layers(const ConfigBlock& config, int obs_size, int action_size);
void drop_ppo_symmetry(ConfigBlock& config);
std::size_t ppo_bytes(const EnvSpec& spec, const ConfigBlock& config, const LearnerOps& ops);
std::int64_t ppo_least_steps(const ConfigBlock& config, int num_envs, int episode_steps);

inline constexpr LearnerEntry kPpo = {
    .name = "ppo",
    .summary =
        "proximal policy optimisation, with clipping and a learning rate that follows the "
        "KL divergence",
    .config = ppo_block,
    .make = make_ppo,
    .policy_layers = ppo_layers,
    .layers_key = "actor_hidden",
    .drop_symmetry = drop_ppo_symmetry,
    .bytes = ppo_bytes,
    .least_steps = ppo_least_steps,
    .fixed = kNetworkFixed,
    .policy = "dense network with Gaussian noise"};

}  // namespace kennel
