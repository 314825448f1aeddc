// What the analytic policy gradient can be told.
#pragma once

#include <string>
#include <vector>

#include "kennel/core/fields.h"

namespace kennel {

/// Betas as Brax has them (brax/training/agents/apg): gradients through a simulator change fast.
struct ApgConfig {
  static constexpr const char* kSection = "apg";
  int episodes = 64;
  int horizon = 0;
  float learning_rate = 0.02f;
  float final_learning_rate_factor = 0.0f;
  float beta1 = 0.7f;
  float beta2 = 0.95f;
  float max_grad_norm = 1.0f;
};

template <class Config, class Visitor>
void visit_fields(Config& c, Visitor&& v) requires same_config<Config, ApgConfig> {
  v.field("episodes", c.episodes, Bounds{1, 1 << 20},
          "whose gradients are averaged an iteration; num_envs counts for nothing");
  v.field(
      "horizon", c.horizon, Bounds{0, 1 << 20},
      "control steps from an episode's start that are differentiated through; 0: the whole "
      "episode, of a robot's gait 16. Through contacts and chaotic motion long ones give noise");
  v.field("learning_rate", c.learning_rate, Bounds{1e-8, 1e3},
          "Adam's step: about as far as a parameter moves an iteration, of a gait in its numbers' "
          "own steps");
  v.field("final_learning_rate_factor", c.final_learning_rate_factor, Bounds{0.0, 1.0},
          "what is left of learning_rate at the end of the run, on a straight line over its steps");
  v.field("beta1", c.beta1, Bounds{0.0, 0.9999}, "how much Adam's mean gradient remembers");
  v.field("beta2", c.beta2, Bounds{0.0, 0.9999}, "how much Adam's mean square remembers");
  v.field("max_grad_norm", c.max_grad_norm, Bounds{1e-6, 1e9},
          "a longer gradient is shortened to it: one wild episode shall not decide the scale");
}

std::vector<std::string> problems(const ApgConfig& config, int num_envs);

}  // namespace kennel
