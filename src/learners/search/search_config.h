// What every search in parameters can be told: how a candidate is evaluated and what it is.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kennel/core/fields.h"

namespace kennel {

/// Beyond which no rollout goes. The random numbers of generations follow from it.
inline constexpr int kMostRolloutSteps = 4096;

struct SearchConfig {
  int rollout_steps = 200;
  float alive_bonus = 0.0f;
  bool common_random_numbers = true;
  std::string policy = "network";
  bool normalise_obs = true;
  bool symmetric = true;
  std::vector<int> hidden = {};
  std::string activation = "tanh";

  bool is_gait() const { return policy == "gait"; }
};

/// Adds these keys to a method's section.
template <class Visitor, class Config>
void visit_search_fields(Config& c, Visitor&& v) requires same_config<Config, SearchConfig> {
  v.field(
      "rollout_steps", c.rollout_steps, Bounds{1, kMostRolloutSteps},
      "control steps that a candidate is tried for in each of its environments; a fall ends its "
      "score");
  v.field("alive_bonus", c.alive_bonus, Bounds{-1e3, 1e3},
          "added to the reward of every control step before a fall");
  v.field("common_random_numbers", c.common_random_numbers, Bounds{},
          "every candidate of a generation meets the same robots, starts, commands, noise and "
          "pushes, so that scores tell candidates apart and not their luck; the next generation "
          "meets others");
  v.field("policy", c.policy, Bounds{},
          "network, or gait: the twelve numbers of an open-loop gait of a robot that walks, for "
          "which the four keys below mean nothing");
  v.field("normalise_obs", c.normalise_obs, Bounds{},
          "scale observations by their running mean and standard deviation");
  v.field("symmetric", c.symmetric, Bounds{},
          "left-right equivariant policy: half the parameters to search");
  v.field("hidden", c.hidden, Bounds{1, 8192},
          "units of the policy's hidden layers; []: none, a linear policy; refused for a gait");
  v.field("activation", c.activation, Bounds{}, "of the hidden layers: relu, elu or tanh");
}

/// Adds what is wrong with the policy beside numbers that are out of bounds.
void check_candidate(std::string_view section, const SearchConfig& config,
                     std::vector<std::string>& problems);

/// How many candidates a method asks for, by the key that says so.
struct PopulationKey {
  std::string_view key;  // "es.population"
  int value = 0;
  int least = 1;       // that the method can work with
  int multiple = 1;    // values are multiples of it
  int candidates = 1;  // for each that the key counts
};

/// Adds what is wrong with it for a batch, naming what fits: every candidate has as many
/// environments.
void check_population(const PopulationKey& population, int num_envs,
                      std::vector<std::string>& problems);

/// Adds a problem when a method's least standard deviation is above the one that it starts with.
void check_least_std(std::string_view section, float init_std, float min_std,
                     std::vector<std::string>& problems);

}  // namespace kennel
