#include "src/learners/ppo/ppo_entry.h"

#include "src/learners/ppo/ppo.h"
#include "src/learners/ppo/ppo_memory.h"

namespace kennel {

ConfigBlock ppo_block() { return {"ppo", PpoConfig{}}; }

std::unique_ptr<Learner> make_ppo(const LearnerParts& parts) {
  return std::make_unique<Ppo>(parts);
}

PolicyNetwork ppo_layers(const ConfigBlock& config, int obs_size, int action_size) {
  return policy_layers(config.as<PpoConfig>().network, obs_size, action_size);
}

void drop_ppo_symmetry(ConfigBlock& config) { config.as<PpoConfig>().network.symmetric = false; }

std::size_t ppo_bytes(const EnvSpec& spec, const ConfigBlock& config, const LearnerOps& ops) {
  return ppo_memory(spec, config.as<PpoConfig>(), ops).total();
}

std::int64_t ppo_least_steps(const ConfigBlock& config, int num_envs, int /*episode_steps*/) {
  return rows_of(config.as<PpoConfig>().rollout, num_envs);
}

}  // namespace kennel
