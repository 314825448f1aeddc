// The run loop's part of a recipe.
#pragma once

#include <cstdint>
#include <string>

#include "kennel/core/fields.h"
#include "kennel/sim/limits.h"

namespace kennel {

/// How long a run is and what it keeps. Everything here but the numbers of files decides the
/// result.
struct TrainConfig {
  std::string algorithm = "ppo";
  std::int64_t steps = 60'000'000;
  std::int64_t seed = 1;
  int num_envs = 1024;
  int checkpoint_every = 200;
  int keep_checkpoints = 3;
  int judge_episodes = 96;
};

template <class Config, class Visitor>
void visit_fields(Config& c, Visitor&& v) requires same_config<Config, TrainConfig> {
  v.field("algorithm", c.algorithm, Bounds{},
          "the learning method, whose numbers are in a section of their own; kennel info "
          "--algorithms lists them");
  v.field("steps", c.steps, Bounds{1, 1e15}, "control steps of all environments together");
  v.field("seed", c.seed, Bounds{0, 9007199254740992.0},
          "of everything random; the same seed gives the same run");
  v.field("num_envs", c.num_envs, Bounds{1, kMaxEnvs}, "environments stepped side by side");
  v.field("checkpoint_every", c.checkpoint_every, Bounds{1, 1e6}, "iterations between checkpoints");
  v.field("keep_checkpoints", c.keep_checkpoints, Bounds{1, 1e6},
          "newest checkpoints that stay; the best one stays as well");
  v.field(
      "judge_episodes", c.judge_episodes, Bounds{0, 1e6},
      "episodes of the judgement after training, nominal and randomised each, of the judge's first "
      "seed for published figures (1000), by which nothing is chosen; 0 for none");
}

}  // namespace kennel
