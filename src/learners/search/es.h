// Evolution strategies (Salimans, Ho, Chen, Sidor, Sutskever 2017, arXiv 1703.03864, algorithms 1
// and 2; antithetic pairs, ranks and weight decay: section 2.1).
//
//   eps_k ~ N(0, I),  F_k+- = score(theta +- sigma eps_k)                          k = 1..K
//   u = ranks of all 2K scores, from -1/2 (worst) to 1/2 (best)
//   g = 1 / (2 K sigma) sum_k (u_k+ - u_k-) eps_k                  the ascent direction
//   theta <- theta + Adam(g - weight_decay theta)
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kennel/io/config_problems.h"
#include "src/learners/adam_step.h"
#include "src/learners/search/mean_search.h"
#include "src/learners/search/search_config.h"

namespace kennel {

struct EsConfig {
  static constexpr const char* kSection = "es";
  SearchConfig search{};
  int population = 256;
  float sigma = 0.1f;
  float learning_rate = 0.02f;
  float weight_decay = 0.005f;

  int num_candidates() const { return population; }
};

template <class Config, class Visitor>
void visit_fields(Config& c, Visitor&& v) requires same_config<Config, EsConfig> {
  v.field("population", c.population, Bounds{1, 1 << 20},
          "candidates a generation, in pairs theta +- sigma eps; divides num_envs, and each has as "
          "many environments");
  v.field("sigma", c.sigma, Bounds{1e-6, 1e3}, "standard deviation of the candidates");
  v.field("learning_rate", c.learning_rate, Bounds{1e-8, 1e3}, "Adam's step");
  v.field("weight_decay", c.weight_decay, Bounds{0.0, 1e3},
          "pull to zero: this times the parameters is taken off the gradient");
  visit_search_fields(c.search, v);
}

std::vector<std::string> problems(const EsConfig& config, int num_envs);

/// Scores (population) as ranks from -1/2 to 1/2, equal scores sharing theirs. No monotone change
/// of the scores changes a bit of them.
torch::Tensor centred_ranks(const torch::Tensor& scores);

/// 1 / (2 K sigma) sum_k (plus_k - minus_k) eps_k, (n): unbiased for the gradient of the smoothed
/// function where plus and minus (K) are its values at theta +- sigma eps, eps (K, n).
torch::Tensor antithetic_gradient(const torch::Tensor& eps, const torch::Tensor& plus,
                                  const torch::Tensor& minus, double sigma);

class Es final : public MeanSearch {
 public:
  Es(const EsConfig& config, const torch::Tensor& start, std::uint64_t seed);

  torch::Tensor ask(std::int64_t generation) override;
  void tell(const torch::Tensor& scores) override;
  std::vector<Scalar> scalars() const override;
  void save(TensorArchive& archive) const override;
  void load(const TensorArchive& archive) override;

 private:
  void ascend(const torch::Tensor& gradient);

  EsConfig config_;
  torch::Tensor eps_;  // (population / 2, n), of the last ask
  AdamMoments moments_;
  std::int64_t step_ = 0;  // Adam's
  double gradient_norm_ = 0.0;
};

}  // namespace kennel
