// What every method that learns from the past can be told: how much of it is kept, and how it is
// learnt from.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kennel/core/fields.h"

namespace kennel {

struct ReplayConfig {
  int num_steps = 16;
  int buffer_steps = 512;
  int warmup_steps = 32;
  int batch_size = 4096;
  int updates_per_step = 2;
  int n_step = 3;
  float gamma = 0.97f;
  float reward_scale = 1.0f;
  float action_range = 1.0f;
  float tau = 0.05f;
  float max_grad_norm = 10.0f;
  std::string activation = "relu";
  bool symmetric = true;
  bool normalise_obs = true;
  bool save_buffer = true;
};

/// Adds these keys to a method's section.
template <class Visitor, class Config>
void visit_replay_fields(Config& c, Visitor&& v) requires same_config<Config, ReplayConfig> {
  v.field("num_steps", c.num_steps, Bounds{1, 4096},
          "control steps of every environment in an iteration");
  v.field("buffer_steps", c.buffer_steps, Bounds{1, 1 << 24},
          "control steps of every environment that are kept to learn from");
  v.field("warmup_steps", c.warmup_steps, Bounds{1, 1 << 24},
          "control steps of every environment, under random actions, before learning begins");
  v.field("batch_size", c.batch_size, Bounds{1, 1 << 24}, "transitions that an update learns from");
  v.field("updates_per_step", c.updates_per_step, Bounds{1, 4096},
          "updates after each control step of all environments");
  v.field("n_step", c.n_step, Bounds{1, 1024},
          "control steps of which rewards are counted before the value of what follows is "
          "estimated; ends of episodes stop it");
  v.field("gamma", c.gamma, Bounds{0.0, 1.0}, "discount a control step");
  v.field("reward_scale", c.reward_scale, Bounds{1e-9, 1e9},
          "what rewards are multiplied with for the critics, which learn values of around 1 "
          "fastest");
  v.field(
      "action_range", c.action_range, Bounds{1e-3, 1.0},
      "share of the environments' range of actions, about its middle, that is used; noise is in "
      "units of half of it. Bounds far beyond what is ever asked for hide the critics' slope");
  v.field("tau", c.tau, Bounds{1e-6, 1.0},
          "share by which the target networks move to the learnt ones at an update; 1: they are "
          "copies");
  v.field("max_grad_norm", c.max_grad_norm, Bounds{1e-6, 1e9},
          "longer gradients are scaled to this norm");
  v.field("activation", c.activation, Bounds{}, "of the hidden layers: relu, elu or tanh");
  v.field("symmetric", c.symmetric, Bounds{},
          "left-right equivariant policy, invariant values; hidden layers need an even size");
  v.field("normalise_obs", c.normalise_obs, Bounds{},
          "scale observations by their running mean and standard deviation");
  v.field("save_buffer", c.save_buffer, Bounds{},
          "checkpoints hold what is kept to learn from, and a run goes on bit for bit; without it "
          "they are small, and a run that goes on fills its buffer to warmup_steps before it "
          "learns again");
}

struct ActorCriticConfig {
  std::vector<int> actor_hidden = {128, 128};
  std::vector<int> critic_hidden = {128, 128};
  float actor_learning_rate = 5e-4f;
  float critic_learning_rate = 1e-3f;
};

/// Adds the keys of a method with a policy beside its critics.
template <class Visitor, class Config>
void visit_actor_critic_fields(Config& c,
                               Visitor&& v) requires same_config<Config, ActorCriticConfig> {
  v.field("actor_hidden", c.actor_hidden, Bounds{1, 8192},
          "units of the policy's hidden layers; "
          "[]: none, a linear policy");
  v.field("critic_hidden", c.critic_hidden, Bounds{1, 8192}, "units of the critics' hidden layers");
  v.field("actor_learning_rate", c.actor_learning_rate, Bounds{1e-8, 1.0},
          "Adam's step of the policy");
  v.field("critic_learning_rate", c.critic_learning_rate, Bounds{1e-8, 1.0},
          "Adam's step of the critics");
}

/// Adds what is wrong beside numbers that are out of bounds, a phrase each.
void check_replay(std::string_view section, const ReplayConfig& config,
                  std::vector<std::string>& problems);

/// Adds the layers of symmetric networks that cannot be paired.
void check_actor_critic(std::string_view section, const ActorCriticConfig& networks,
                        const ReplayConfig& config, std::vector<std::string>& problems);
void check_hidden(std::string_view section, std::string_view key, const std::vector<int>& hidden,
                  const ReplayConfig& config, std::vector<std::string>& problems);

/// Adds a problem when a range's ends, which have keys of their own, are the wrong way round.
void check_order(std::string_view section, std::string_view low_key, float low,
                 std::string_view high_key, float high, std::vector<std::string>& problems);

}  // namespace kennel
