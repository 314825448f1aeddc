#include "src/learners/ppo/ppo_config.h"

#include <cstdint>

#include "kennel/io/config_problems.h"

namespace kennel {
namespace {

// "6 or 8": the divisors of `total` next to `wanted`.
std::string nearest_divisors(std::int64_t total, std::int64_t wanted) {
  std::int64_t below = wanted;
  while (below > 1 && total % below != 0) --below;
  std::int64_t above = wanted;
  while (above < total && total % above != 0) ++above;
  return above > total ? text(below) : text(below, " or ", above);
}

}  // namespace

std::vector<std::string> problems(const PpoConfig& config, int num_envs) {
  std::vector<std::string> found = out_of_bounds("ppo", config);
  const std::int64_t samples = static_cast<std::int64_t>(num_envs) * config.rollout.num_steps;
  if (config.num_minibatches > 0 && samples > 0 && samples % config.num_minibatches != 0) {
    found.push_back(text("ppo.num_minibatches = ", config.num_minibatches,
                         " does not divide num_envs * num_steps = ", samples, "; try ",
                         nearest_divisors(samples, config.num_minibatches)));
  }
  if (samples == 1) {
    found.emplace_back(
        "num_envs * num_steps = 1; an iteration's advantages are scaled by their deviation, which "
        "takes at least 2 samples: raise num_envs or ppo.num_steps");
  }
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
