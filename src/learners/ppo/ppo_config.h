// Every number PPO can be told, with its default, bounds and meaning.
#pragma once

#include <string>
#include <vector>

#include "kennel/core/fields.h"
#include "kennel/rl/network_config.h"
#include "kennel/rl/rollout_config.h"
#include "src/learners/on_policy/on_policy_fields.h"

namespace kennel {

/// Proximal policy optimisation (Schulman et al. 2017) with a learning rate steered by the KL
/// divergence.
struct PpoConfig {
  RolloutConfig rollout;
  NetworkConfig network;
  int num_epochs = 3;
  int num_minibatches = 3;
  float clip_param = 0.2f;
  bool value_clip = true;
  float value_loss_coef = 1.0f;
  float entropy_coef = 0.008f;
  float learning_rate = 1e-3f;
  std::string lr_schedule = "minibatch";
  float desired_kl = 0.01f;
  float min_learning_rate = 1e-5f;
  float max_learning_rate = 1e-2f;
  float anneal_from = 1.0f;
  float final_entropy_coef = 0.0f;
  float final_desired_kl = 0.01f;
  float max_grad_norm = 1.0f;
  std::string precision = "fp32";
};

template <class Config, class Visitor>
void visit_fields(Config& c, Visitor&& v) requires same_config<Config, PpoConfig> {
  v.field("num_steps", c.rollout.num_steps, Bounds{1, 4096},
          "control steps of every environment in an iteration");
  v.field("num_epochs", c.num_epochs, Bounds{1, 100}, "passes over an iteration's samples");
  v.field("num_minibatches", c.num_minibatches, Bounds{1, 4096},
          "gradient steps in a pass; must divide num_envs * num_steps");
  v.field("gamma", c.rollout.gamma, Bounds{0.0, 1.0}, "discount a control step");
  v.field("gae_lambda", c.rollout.gae_lambda, Bounds{0.0, 1.0},
          "advantage estimation: 0 trusts the critic, 1 the sampled returns");
  v.field("clip_param", c.clip_param, Bounds{1e-3, 10.0},
          "how far the probability ratio may leave 1, and a value its old one, before the gradient "
          "stops");
  v.field("value_clip", c.value_clip, Bounds{},
          "stop a value's gradient when it has moved by clip_param, in units of the return");
  v.field("value_loss_coef", c.value_loss_coef, Bounds{0.0, 1e3},
          "weight of the critic's squared error");
  v.field("entropy_coef", c.entropy_coef, Bounds{0.0, 1.0}, "weight of the entropy bonus");
  v.field("learning_rate", c.learning_rate, Bounds{1e-8, 1.0}, "Adam's step at the start");
  v.field("lr_schedule", c.lr_schedule, Bounds{},
          "when the learning rate follows the KL divergence: minibatch, epoch or fixed");
  v.field("desired_kl", c.desired_kl, Bounds{1e-6, 1.0},
          "KL divergence from the rollout's policy that the learning rate aims at [nat]");
  v.field("min_learning_rate", c.min_learning_rate, Bounds{1e-9, 1.0},
          "floor of the learning rate");
  v.field("max_learning_rate", c.max_learning_rate, Bounds{1e-9, 1.0},
          "ceiling of the learning rate");
  v.field("anneal_from", c.anneal_from, Bounds{0.0, 1.0},
          "share of training after which entropy_coef and desired_kl move, in a straight line, to "
          "their final values; 1: never");
  v.field("final_entropy_coef", c.final_entropy_coef, Bounds{0.0, 1.0},
          "entropy_coef at the end of training");
  v.field("final_desired_kl", c.final_desired_kl, Bounds{1e-6, 1.0},
          "desired_kl at the end of training [nat]");
  v.field("max_grad_norm", c.max_grad_norm, Bounds{1e-6, 1e6},
          "longer gradients are scaled to this norm");
  visit_network_fields(c.network, v);
  v.field(
      "precision", c.precision, Bounds{},
      "of the learner's matrix products: fp32; on a GPU tf32; on a GPU or a CPU with AVX512_BF16 "
      "bf16, in all but the policy's forward pass. Both are faster and not yet shown to learn as "
      "well");
}

/// Everything that is wrong with the config for a batch of `num_envs`, one clear phrase each; empty
/// when it is usable.
std::vector<std::string> problems(const PpoConfig& config, int num_envs);

/// \throws Error that names all problems at once
void validate(const PpoConfig& config, int num_envs);

}  // namespace kennel
