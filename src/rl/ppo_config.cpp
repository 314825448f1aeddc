#include "kennel/rl/ppo_config.h"

#include <cmath>
#include <cstdint>

#include "kennel/core/check.h"

namespace kennel {
namespace {

// Collects every number that is outside its bounds.
struct BoundsVisitor {
  std::vector<std::string>& problems;

  void number(const std::string& name, double value, Bounds bounds) {
    if (std::isfinite(value) && value >= bounds.low && value <= bounds.high) return;
    problems.push_back(
        text("ppo.", name, " = ", value, " is outside [", bounds.low, ", ", bounds.high, "]"));
  }
  void field(const char* name, int value, Bounds bounds, const char*) {
    number(name, value, bounds);
  }
  void field(const char* name, float value, Bounds bounds, const char*) {
    // A bound itself, read from a recipe, has become the float next to it.
    number(name, value, {static_cast<float>(bounds.low), static_cast<float>(bounds.high)});
  }
  void field(const char*, bool, Bounds, const char*) {}
  void field(const char*, const std::string&, Bounds, const char*) {}
  void field(const char* name, const std::vector<int>& values, Bounds bounds, const char*) {
    if (values.empty()) problems.push_back(text("ppo.", name, " is empty; give at least one size"));
    for (const int value : values) number(name, value, bounds);
  }
};

// "6 or 8": the divisors of `total` next to `wanted`.
std::string nearest_divisors(std::int64_t total, std::int64_t wanted) {
  std::int64_t below = wanted;
  while (below > 1 && total % below != 0) --below;
  std::int64_t above = wanted;
  while (above < total && total % above != 0) ++above;
  return above > total ? text(below) : text(below, " or ", above);
}

void check_choice(const char* name, const std::string& value,
                  const std::vector<std::string>& choices, std::vector<std::string>& problems) {
  std::string listed;
  for (const std::string& choice : choices) {
    if (choice == value) return;
    listed += (listed.empty() ? "" : ", ") + choice;
  }
  problems.push_back(text("ppo.", name, " = \"", value, "\" is unknown; expected one of ", listed));
}

void check_even(const char* name, const std::vector<int>& sizes,
                std::vector<std::string>& problems) {
  for (const int size : sizes) {
    if (size % 2 == 0) continue;
    problems.push_back(text("ppo.", name, " has a layer of ", size,
                            " units; a symmetric network pairs them, try ", size + 1));
  }
}

}  // namespace

std::vector<std::string> problems(const PpoConfig& config, int num_envs) {
  std::vector<std::string> found;
  visit_fields(config, BoundsVisitor{found});
  const std::int64_t samples = static_cast<std::int64_t>(num_envs) * config.num_steps;
  if (config.num_minibatches > 0 && samples > 0 && samples % config.num_minibatches != 0) {
    found.push_back(text("ppo.num_minibatches = ", config.num_minibatches,
                         " does not divide num_envs * num_steps = ", samples, "; try ",
                         nearest_divisors(samples, config.num_minibatches)));
  }
  if (samples == 1) {
    found.push_back(
        "num_envs * num_steps = 1; an iteration's advantages are scaled by their deviation, which "
        "takes at least 2 samples: raise num_envs or ppo.num_steps");
  }
  if (config.min_learning_rate > config.max_learning_rate) {
    found.push_back(text("ppo.min_learning_rate = ", config.min_learning_rate,
                         " is above max_learning_rate = ", config.max_learning_rate));
  }
  if (config.min_log_std > config.max_log_std) {
    found.push_back(text("ppo.min_log_std = ", config.min_log_std,
                         " is above max_log_std = ", config.max_log_std));
  } else if (const double log_std = std::log(config.init_std);
             log_std < config.min_log_std || log_std > config.max_log_std) {
    found.push_back(text("ppo.init_std = ", config.init_std, " is outside exp([min_log_std, ",
                         "max_log_std]) = [", std::exp(config.min_log_std), ", ",
                         std::exp(config.max_log_std), "]"));
  }
  check_choice("lr_schedule", config.lr_schedule, {"minibatch", "epoch", "fixed"}, found);
  check_choice("activation", config.activation, {"relu", "elu", "tanh"}, found);
  check_choice("precision", config.precision, {"fp32"}, found);
  if (config.symmetric) {
    check_even("actor_hidden", config.actor_hidden, found);
    check_even("critic_hidden", config.critic_hidden, found);
  }
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
