// Another learning method, in a page: the cross-entropy method on a linear policy (Rubinstein
// 1999). Every environment tries weights of its own; the next ones are drawn around the best.
#pragma once

#include <string>
#include <vector>

#include "kennel/io/config_problems.h"
#include "kennel/rl/learner_entry.h"

namespace kennel {

struct RandomSearchConfig {
  int num_steps = 60;
  float spread = 1.0f;
  float elite = 0.2f;
};

template <class Config, class Visitor>
void visit_fields(Config& c, Visitor&& v) requires same_config<Config, RandomSearchConfig> {
  v.field("num_steps", c.num_steps, Bounds{1, 4096}, "control steps that weights are tried for");
  v.field("spread", c.spread, Bounds{1e-3, 10.0}, "standard deviation of the weights at the start");
  v.field("elite", c.elite, Bounds{0.0, 1.0}, "share of the weights that the next come from");
}

inline std::vector<std::string> problems(const RandomSearchConfig& config, int num_envs) {
  std::vector<std::string> found = out_of_bounds("random_search", config);
  if (config.elite * static_cast<float>(num_envs) < 2.0f)
    found.push_back(text("random_search.elite = ", config.elite, " of ", num_envs,
                         " environments leaves fewer than two; raise it"));
  return found;
}

ConfigBlock random_search_block();
std::unique_ptr<Learner> make_random_search(const LearnerParts& parts);
PolicyNetwork random_search_layers(const ConfigBlock& config, int obs_size, int action_size);
inline void keep_random_search(ConfigBlock&) {}  // knows no left and right
std::size_t random_search_bytes(const EnvSpec& spec, const ConfigBlock& config,
                                const LearnerOps& ops);

inline constexpr FixedKey kRandomSearchFixed[] = {
    {"spread", "it only starts a run; what the best agree on has narrowed it since"}};

inline constexpr LearnerEntry kRandomSearch = {.name = "random_search",
                                               .summary = "cross-entropy method",
                                               .config = random_search_block,
                                               .make = make_random_search,
                                               .policy_layers = random_search_layers,
                                               .layers_key = "num_steps",
                                               .drop_symmetry = keep_random_search,
                                               .bytes = random_search_bytes,
                                               .fixed = kRandomSearchFixed};

}  // namespace kennel
