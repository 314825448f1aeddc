// Which sections of a recipe are learning methods', for who reads recipes without the methods.
#pragma once

namespace kennel {

/// As kLearners has them; a test holds the two together.
inline constexpr const char* kLearnerSections[] = {
    "ppo", "reinforce", "a2c", "npg",   "trpo",   "ppo_kl", "es",   "ars", "cem", "fd",
    "wp",  "rwr",       "pi2", "power", "cma_es", "dqn",    "ddpg", "td3", "sac", "apg"};

}  // namespace kennel
