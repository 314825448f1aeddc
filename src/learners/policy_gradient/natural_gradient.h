// The natural policy gradient (Kakade 2001; Rajeswaran et al. 2017, arXiv 1703.02660, section 3),
// as npg and trpo take it.
//
//   g    = 1/M sum A grad log pi(a|s) + entropy_coef grad H      at the policy that acted
//   x    = (F + damping I)^-1 g                                  by conjugate gradients
//   step = sqrt(2 max_kl / x'F x) x                              1/2 step'F step = max_kl
#pragma once

#include <torch/types.h>

#include "kennel/core/fields.h"
#include "src/learners/on_policy/network_gradient.h"
#include "src/learners/policy_gradient/fisher.h"

namespace kennel {

struct NaturalGradientConfig {
  float max_kl = 0.01f;
  int cg_iterations = 10;
  float damping = 0.01f;
  int fisher_stride = 4;
  float entropy_coef = 0.0f;
};

/// Adds these keys to a method's section.
template <class Visitor, class Config>
void visit_natural_gradient_fields(Config& c, Visitor&& v) requires
    same_config<Config, NaturalGradientConfig> {
  v.field("max_kl", c.max_kl, Bounds{1e-8, 10.0},
          "KL divergence of an iteration's step from the policy that acted, by its quadratic form "
          "[nat]");
  v.field("cg_iterations", c.cg_iterations, Bounds{1, 1000},
          "steps of conjugate gradients for the natural direction");
  v.field("damping", c.damping, Bounds{0.0, 1e3},
          "added to the Fisher matrix's diagonal: directions that it hardly knows are left alone");
  v.field("fisher_stride", c.fisher_stride, Bounds{1, 4096},
          "every so manieth sample is in the Fisher matrix; 1: all");
  v.field("entropy_coef", c.entropy_coef, Bounds{0.0, 1.0}, "weight of the entropy bonus");
}

class NaturalGradient {
 public:
  NaturalGradient(const ActorCritic& networks, const NaturalGradientConfig& config,
                  WorkerPool& pool, const LearnerOps& ops);

  struct Step {
    torch::Tensor gradient;  // (num_free), g; upwards
    torch::Tensor step;      // (num_free), zero where it is not finite
    torch::Tensor failed;    // () float32, 1 where it was not, else 0
  };

  /// \param rows  all of the batch; `advantage` is A
  Step step(const LearningRows& rows);

 private:
  torch::Tensor gradient(const LearningRows& rows);

  const ActorCritic& networks_;
  NaturalGradientConfig config_;
  NetworkGradient gradient_;
  Fisher fisher_;
};

}  // namespace kennel
