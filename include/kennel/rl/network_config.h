// What a policy and its critic are made of. A method's recipe has these keys in its own section.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kennel/policy/policy_network.h"

namespace kennel {

struct NetworkConfig {
  float init_std = 0.5f;
  float min_log_std = -3.0f;
  float max_log_std = 0.5f;
  std::vector<int> actor_hidden = {96, 96};
  std::vector<int> critic_hidden = {96, 96};
  std::string activation = "relu";
  bool symmetric = false;
  bool squash_mean = true;
  bool normalise_obs = true;
};

/// What is wrong beside numbers that are out of bounds, a phrase each.
std::vector<std::string> problems(std::string_view section, const NetworkConfig& config);

/// The deployed policy's layers without their numbers.
PolicyNetwork policy_layers(const NetworkConfig& config, int obs_size, int action_size);

}  // namespace kennel
