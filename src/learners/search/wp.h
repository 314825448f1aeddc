// Weight perturbation: the likelihood ratio of a Gaussian over parameters (Williams 1992, Simple
// Statistical Gradient-Following Algorithms for Connectionist Reinforcement Learning, section 6;
// PGPE of Sehnke et al. 2010, Parameter-Exploring Policy Gradients, Neural Networks 23, section 2,
// whose sigma is fixed here).
//
//   z_k ~ N(0, I),  R_k = score(theta + sigma z_k)                                 k = 1..N
//   b = mean of the R_k,  s = their standard deviation
//   g = 1 / ((N - 1) sigma) sum_k (R_k - b) z_k            without bias for grad E score
//   theta <- theta + learning_rate sigma^2 g / s
//
// N - 1 and not N: the baseline holds a share 1/N of every R_k itself, which takes as much off. A
// step size that goes with sigma^2 is Williams's; of a linear score the step is then learning_rate
// times sigma long in the mean.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kennel/io/config_problems.h"
#include "src/learners/search/mean_search.h"
#include "src/learners/search/search_config.h"

namespace kennel {

struct WpConfig {
  static constexpr const char* kSection = "wp";
  SearchConfig search{};
  int population = 256;
  float sigma = 0.1f;
  float learning_rate = 0.3f;

  int num_candidates() const { return population; }
};

template <class Config, class Visitor>
void visit_fields(Config& c, Visitor&& v) requires same_config<Config, WpConfig> {
  v.field("population", c.population, Bounds{1, 1 << 20},
          "candidates a generation; divides num_envs, and each has as many environments");
  v.field("sigma", c.sigma, Bounds{1e-6, 1e3}, "standard deviation of the candidates");
  v.field("learning_rate", c.learning_rate, Bounds{1e-8, 1e3},
          "step in deviations of the candidates, where the score is linear");
  visit_search_fields(c.search, v);
}

std::vector<std::string> problems(const WpConfig& config, int num_envs);

/// 1 / ((N - 1) sigma) sum_k (R_k - mean R) z_k, (n): unbiased for the gradient of the smoothed
/// function where the scores R (N), two at least, are its values at theta + sigma z, z (N, n).
torch::Tensor weight_perturbation_gradient(const torch::Tensor& z, const torch::Tensor& scores,
                                           double sigma);

class Wp final : public MeanSearch {
 public:
  Wp(const WpConfig& config, const torch::Tensor& start, std::uint64_t seed);

  torch::Tensor ask(std::int64_t generation) override;
  void tell(const torch::Tensor& scores) override;
  std::vector<Scalar> scalars() const override;

 private:
  WpConfig config_;
  torch::Tensor z_;  // (population, n), of the last ask
  double return_std_ = 0.0;
};

}  // namespace kennel
