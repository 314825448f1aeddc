// Reward-weighted regression (Peters & Schaal 2007, Reinforcement learning by reward-weighted
// regression for operational space control, ICML), episodic, on a Gaussian over parameters
// (Deisenroth, Neumann, Peters 2013, A Survey on Policy Search for Robotics, section 2.4.2).
//
//   x_k ~ N(theta, diag(var)),  R_k = score(x_k)                                   k = 1..N
//   w_k = exp(beta (R_k - max R)),  beta such that (sum w)^2 / sum w^2 = effective_share N
//   theta <- sum w_k x_k / sum w
//   var   <- max(sum w_k (x_k - theta)^2 / sum w, min_std^2)     about the new mean
//
// The left side of beta's condition falls from N at beta = 0 to the number of the best at infinity:
// bisection finds it, and no unit of the score matters.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kennel/io/config_problems.h"
#include "src/learners/search/mean_search.h"
#include "src/learners/search/search_config.h"

namespace kennel {

struct RwrConfig {
  static constexpr const char* kSection = "rwr";
  SearchConfig search{};
  int population = 256;
  float effective_share = 0.2f;
  float init_std = 0.2f;
  float min_std = 0.02f;

  int num_candidates() const { return population; }
};

template <class Config, class Visitor>
void visit_fields(Config& c, Visitor&& v) requires same_config<Config, RwrConfig> {
  v.field("population", c.population, Bounds{1, 1 << 20},
          "candidates a generation; divides num_envs, and each has as many environments");
  v.field("effective_share", c.effective_share, Bounds{0.0, 0.95},
          "of the candidates: how many equally weighted ones the weights are worth. Less is "
          "greedier");
  v.field("init_std", c.init_std, Bounds{1e-6, 1e3},
          "standard deviation of each parameter at the start");
  v.field("min_std", c.min_std, Bounds{1e-6, 1e3},
          "least standard deviation: where the search stops to narrow");
  visit_search_fields(c.search, v);
}

std::vector<std::string> problems(const RwrConfig& config, int num_envs);

/// exp(beta (R - max R)), (N), with the beta that makes them worth `effective` equal weights, the
/// most there is where more than `effective` share the best score.
/// \param scores     R, (N), not all equal
/// \param effective  below N
struct RewardWeights {
  torch::Tensor weights;
  double beta = 0.0;  // per unit of the score
};
RewardWeights reward_weights(const torch::Tensor& scores, double effective);

/// (sum w)^2 / sum w^2: how many equal weights these are worth.
double effective_sample_size(const torch::Tensor& weights);

class Rwr final : public GaussianSearch {
 public:
  Rwr(const RwrConfig& config, const torch::Tensor& start, std::uint64_t seed);

  void tell(const torch::Tensor& scores) override;

 private:
  RwrConfig config_;
};

}  // namespace kennel
