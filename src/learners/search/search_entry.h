// The searches' rows in the table of methods.
#pragma once

#include <memory>

#include "kennel/contract/vec_env.h"
#include "kennel/rl/learner_entry.h"
#include "src/learners/search/ars.h"
#include "src/learners/search/cem.h"
#include "src/learners/search/cma_es.h"
#include "src/learners/search/es.h"
#include "src/learners/search/search_learner.h"

namespace kennel {

template <class Config>
ConfigBlock search_block() {
  return {Config::kSection, Config{}};
}

template <class Method, class Config>
std::unique_ptr<Learner> make_search(const LearnerParts& parts) {
  const auto& config = parts.config.as<Config>();
  return std::make_unique<SearchLearner>(
      parts, SearchParts{Config::kSection, config.search,
                         [config](const torch::Tensor& start, std::uint64_t seed) {
                           return std::make_unique<Method>(config, start, seed);
                         }});
}

inline PolicyNetwork search_layers(const ConfigBlock& /*config*/, int obs_size, int action_size) {
  return {{{obs_size, action_size, {}, {}, ""}}};
}

template <class Config>
void drop_search_symmetry(ConfigBlock& config) {
  config.as<Config>().search.symmetric = false;
}

/// The candidates' policies, and a few numbers an environment.
template <class Config>
std::size_t search_bytes(const EnvSpec& spec, const ConfigBlock& config,
                         const LearnerOps& /*ops*/) {
  const auto dense = static_cast<std::size_t>((spec.obs_size + 1) * spec.action_size);
  const auto candidates = static_cast<std::size_t>(config.as<Config>().num_candidates());
  const auto an_env = static_cast<std::size_t>(spec.obs_size + spec.action_size + 8);
  return sizeof(float) * (candidates * dense + static_cast<std::size_t>(spec.num_envs) * an_env);
}

inline constexpr const char* kPolicyMade = "the checkpoint's policy is made for it";
inline constexpr const char* kOnlyStarts = "it only starts a run; the search has moved it since";
inline constexpr FixedKey kSearchFixed[] = {{"normalise_obs", kPolicyMade},
                                            {"symmetric", kPolicyMade}};
inline constexpr FixedKey kCemFixed[] = {
    {"normalise_obs", kPolicyMade}, {"symmetric", kPolicyMade}, {"init_std", kOnlyStarts}};
inline constexpr FixedKey kCmaEsFixed[] = {
    {"normalise_obs", kPolicyMade},
    {"symmetric", kPolicyMade},
    {"sigma", kOnlyStarts},
    {"diagonal", "the checkpoint holds the covariance in its form"}};

template <class Method, class Config>
constexpr LearnerEntry search_entry(const char* name, const char* summary,
                                    std::span<const FixedKey> fixed) {
  return {.name = name,
          .summary = summary,
          .config = search_block<Config>,
          .make = make_search<Method, Config>,
          .policy_layers = search_layers,
          .layers_key = "symmetric",
          .drop_symmetry = drop_search_symmetry<Config>,
          .bytes = search_bytes<Config>,
          .fixed = fixed};
}

inline constexpr LearnerEntry kEs = search_entry<Es, EsConfig>(
    "es", "evolution strategies: antithetic pairs, ranks and Adam, on a linear policy",
    kSearchFixed);
inline constexpr LearnerEntry kArs = search_entry<Ars, ArsConfig>(
    "ars", "augmented random search: steps along the best random directions, on a linear policy",
    kSearchFixed);
inline constexpr LearnerEntry kCem = search_entry<Cem, CemConfig>(
    "cem", "cross-entropy method: mean and variances of the best candidates, on a linear policy",
    kCemFixed);
inline constexpr LearnerEntry kCmaEs = search_entry<CmaEs, CmaEsConfig>(
    "cma-es", "covariance matrix adaptation, full or diagonal, on a linear policy", kCmaEsFixed);

}  // namespace kennel
