// The searches' rows in the table of methods.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>

#include "kennel/contract/vec_env.h"
#include "kennel/rl/learner_entry.h"
#include "src/learners/search/ars.h"
#include "src/learners/search/cem.h"
#include "src/learners/search/cma_es.h"
#include "src/learners/search/es.h"
#include "src/learners/search/fd.h"
#include "src/learners/search/network_candidates.h"
#include "src/learners/search/pi2.h"
#include "src/learners/search/power.h"
#include "src/learners/search/rwr.h"
#include "src/learners/search/search_learner.h"
#include "src/learners/search/wp.h"

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

template <class Config>
PolicyNetwork search_layers(const ConfigBlock& config, int obs_size, int action_size) {
  PolicyNetwork network;
  if (config.as<Config>().search.is_gait()) return network;
  for (const DenseShape& layer : candidate_shape(config.as<Config>().search, obs_size, action_size))
    network.layers.push_back({layer.in, layer.out, {}, {}, activation_name(layer.activation)});
  return network;
}

template <class Config>
bool search_seeks_gait(const ConfigBlock& config, bool /*has_robot*/) {
  return config.as<Config>().search.is_gait();
}

template <class Config>
void drop_search_symmetry(ConfigBlock& config) {
  config.as<Config>().search.symmetric = false;
}

/// The candidates' policies, and a few numbers an environment.
template <class Config>
std::size_t search_bytes(const EnvSpec& spec, const ConfigBlock& config,
                         const LearnerOps& /*ops*/) {
  const auto& of = config.as<Config>();
  MlpShape shape;  // none of a gait
  if (!of.search.is_gait()) shape = candidate_shape(of.search, spec.obs_size, spec.action_size);
  const auto dense = of.search.is_gait() ? std::size_t{gait::kNumNumbers}
                                         : static_cast<std::size_t>(num_parameters(shape));
  const auto candidates = static_cast<std::size_t>(of.num_candidates());
  auto an_env = static_cast<std::size_t>(spec.obs_size + 8);
  for (const DenseShape& layer : shape) an_env += static_cast<std::size_t>(layer.out);
  std::size_t rewards = 0;  // by control step, of a method that may want them
  if constexpr (requires { of.per_time_step; })
    if (of.per_time_step) rewards = static_cast<std::size_t>(of.search.rollout_steps);
  return sizeof(float) *
         (candidates * (dense + rewards) + static_cast<std::size_t>(spec.num_envs) * an_env);
}

/// Of a generation.
template <class Config>
std::int64_t search_least_steps(const ConfigBlock& config, int num_envs, int /*episode_steps*/) {
  return std::int64_t{config.as<Config>().search.rollout_steps} * num_envs;
}

inline constexpr const char* kPolicyMade = "the checkpoint's policy is made for it";
inline constexpr const char* kOnlyStarts = "it only starts a run; the search has moved it since";
inline constexpr FixedKey kSearchFixed[] = {{"policy", kPolicyMade},
                                            {"normalise_obs", kPolicyMade},
                                            {"symmetric", kPolicyMade},
                                            {"hidden", kPolicyMade},
                                            {"activation", kPolicyMade}};

/// These and a method's own.
template <std::size_t own>
constexpr auto and_shared(const FixedKey (&keys)[own]) {
  std::array<FixedKey, std::size(kSearchFixed) + own> all{};
  std::copy(std::begin(keys), std::end(keys),
            std::copy(std::begin(kSearchFixed), std::end(kSearchFixed), all.begin()));
  return all;
}

/// Of methods that start with a spread and change it.
inline constexpr auto kNarrowingFixed = and_shared({{"init_std", kOnlyStarts}});
inline constexpr auto kCmaEsFixed = and_shared(
    {{"sigma", kOnlyStarts}, {"diagonal", "the checkpoint holds the covariance in its form"}});

template <class Method, class Config>
constexpr LearnerEntry search_entry(const char* name, const char* summary,
                                    std::span<const FixedKey> fixed,
                                    const char* cannot = "several processes") {
  return {.name = name,
          .summary = summary,
          .config = search_block<Config>,
          .make = make_search<Method, Config>,
          .policy_layers = search_layers<Config>,
          .layers_key = "hidden",
          .drop_symmetry = drop_search_symmetry<Config>,
          .bytes = search_bytes<Config>,
          .least_steps = search_least_steps<Config>,
          .fixed = fixed,
          .policy = "linear, dense network, gait",
          .cannot = cannot,
          .seeks_gait = search_seeks_gait<Config>};
}

inline constexpr LearnerEntry kEs = search_entry<Es, EsConfig>(
    "es", "evolution strategies: antithetic pairs, ranks and Adam", kSearchFixed);
inline constexpr LearnerEntry kArs = search_entry<Ars, ArsConfig>(
    "ars", "augmented random search: steps along the best random directions", kSearchFixed);
inline constexpr LearnerEntry kCem = search_entry<Cem, CemConfig>(
    "cem", "cross-entropy method: mean and variances of the best candidates", kNarrowingFixed);
inline constexpr LearnerEntry kFd = search_entry<Fd, FdConfig>(
    "fd", "finite differences: the gradient by regression on random pairs", kSearchFixed);
inline constexpr LearnerEntry kWp = search_entry<Wp, WpConfig>(
    "wp", "weight perturbation: likelihood ratio over parameters", kSearchFixed);
inline constexpr LearnerEntry kRwr = search_entry<Rwr, RwrConfig>(
    "rwr", "reward-weighted regression of mean and variances", kNarrowingFixed);
inline constexpr LearnerEntry kPi2 = search_entry<Pi2, Pi2Config>(
    "pi2", "path integrals: candidates weighted by a softmax of their scores", kNarrowingFixed);
inline constexpr LearnerEntry kPower = search_entry<Power, PowerConfig>(
    "power", "PoWER: the best candidates of all generations by their returns", kSearchFixed);
inline constexpr LearnerEntry kCmaEs = search_entry<CmaEs, CmaEsConfig>(
    "cma-es", "covariance matrix adaptation, full or diagonal", kCmaEsFixed,
    "several processes; more than 4000 parameters unless cma_es.diagonal = true");

}  // namespace kennel
