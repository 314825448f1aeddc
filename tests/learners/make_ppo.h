// PPO as tests make it.
#pragma once

#include <optional>

#include "src/learners/ppo/ppo.h"

namespace kennel {

/// What beside environments, numbers and seed a test may choose.
struct PpoExtras {
  std::optional<Mirrors> mirrors = std::nullopt;
  int num_threads = 0;
  const LearnerOps& ops = cpu_ops();
  const Collective& all = alone();
  bool record = true;
};

inline Ppo ppo_of(VecEnv& env, const PpoConfig& config, std::uint64_t seed,
                  const PpoExtras& extras = {}) {
  const ConfigBlock block("ppo", config);
  return Ppo({.env = env,
              .config = block,
              .seed = seed,
              .mirrors = extras.mirrors,
              .num_threads = extras.num_threads,
              .ops = extras.ops,
              .all = extras.all,
              .record = extras.record});
}

}  // namespace kennel
