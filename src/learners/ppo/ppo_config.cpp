#include "src/learners/ppo/ppo_config.h"

#include "kennel/io/config_problems.h"

namespace kennel {
std::vector<std::string> problems(const PpoConfig& config, int num_envs) {
  std::vector<std::string> found = out_of_bounds("ppo", config);
  check_minibatches("ppo.num_minibatches", config.num_minibatches,
                    rows_of(config.rollout, num_envs), found);
  check_rollout("ppo", config.rollout, num_envs, found);
  if (config.min_learning_rate > config.max_learning_rate) {
    found.push_back(text("ppo.min_learning_rate = ", config.min_learning_rate,
                         " is above max_learning_rate = ", config.max_learning_rate));
  }
  check_choice("ppo.lr_schedule", config.lr_schedule, {"minibatch", "epoch", "fixed"}, found);
  check_choice("ppo.precision", config.precision, {"fp32", "tf32", "bf16"}, found);
  const std::vector<std::string> of_network = problems("ppo", config.network);
  found.insert(found.end(), of_network.begin(), of_network.end());
  return found;
}

void validate(const PpoConfig& config, int num_envs) {
  const std::vector<std::string> found = problems(config, num_envs);
  if (found.empty()) return;
  std::string all;
  for (const std::string& problem : found) all += (all.empty() ? "" : "; ") + problem;
  fail(all);
}

}  // namespace kennel
