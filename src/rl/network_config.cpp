#include "kennel/rl/network_config.h"

#include <cmath>

#include "kennel/io/config_problems.h"

namespace kennel {
namespace {

void check_even(const std::string& key, const std::vector<int>& sizes,
                std::vector<std::string>& problems) {
  for (const int size : sizes) {
    if (size % 2 == 0) continue;
    problems.push_back(text(key, " has a layer of ", size,
                            " units; a symmetric network pairs them, try ", size + 1));
  }
}

}  // namespace

std::vector<std::string> problems(std::string_view section, const NetworkConfig& config) {
  std::vector<std::string> found;
  if (config.min_log_std > config.max_log_std) {
    found.push_back(text(section, ".min_log_std = ", config.min_log_std,
                         " is above max_log_std = ", config.max_log_std));
  } else if (const double log_std = std::log(config.init_std);
             log_std < config.min_log_std || log_std > config.max_log_std) {
    found.push_back(text(section, ".init_std = ", config.init_std,
                         " is outside exp([min_log_std, max_log_std]) = [",
                         std::exp(config.min_log_std), ", ", std::exp(config.max_log_std), "]"));
  }
  check_choice(text(section, ".activation"), config.activation, {"relu", "elu", "tanh"}, found);
  if (config.symmetric) {
    check_even(text(section, ".actor_hidden"), config.actor_hidden, found);
    check_even(text(section, ".critic_hidden"), config.critic_hidden, found);
  }
  return found;
}

PolicyNetwork policy_layers(const NetworkConfig& config, int obs_size, int action_size) {
  PolicyNetwork network;
  int in = obs_size;
  const auto add = [&](int out, const std::string& activation) {
    network.layers.push_back({in, out, {}, {}, activation});
    in = out;
  };
  for (const int units : config.actor_hidden) add(units, config.activation);
  add(action_size, config.squash_mean ? "tanh" : "");
  return network;
}

}  // namespace kennel
