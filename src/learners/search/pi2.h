// Path integrals, PI^2 (Theodorou, Buchli, Schaal 2010, A Generalized Path Integral Control
// Approach to Reinforcement Learning, JMLR 11, table 1), with the whole episode as one step of its
// path: the black-box form of Stulp & Sigaud 2012 (arXiv 1206.4621, section 2).
//
//   eps_k ~ N(0, sigma^2 I),  R_k = score(theta + eps_k)                           k = 1..K
//   P_k = exp(h (R_k - min R) / (max R - min R)), divided by their sum
//   theta <- theta + sum_k P_k eps_k
//   sigma <- max(std_decay sigma, min_std)
//
// The `reuse` best candidates are among the next generation's, their scores taken anew: a lucky
// one does not stay.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kennel/io/config_problems.h"
#include "src/learners/search/search.h"
#include "src/learners/search/search_config.h"

namespace kennel {

struct Pi2Config {
  static constexpr const char* kSection = "pi2";
  SearchConfig search{};
  int population = 64;
  int reuse = 8;
  float eliteness = 10.0f;
  float init_std = 0.2f;
  float std_decay = 0.98f;
  float min_std = 0.02f;

  int num_candidates() const { return population; }
};

template <class Config, class Visitor>
void visit_fields(Config& c, Visitor&& v) requires same_config<Config, Pi2Config> {
  v.field("population", c.population, Bounds{1, 1 << 20},
          "candidates a generation; divides num_envs, and each has as many environments");
  v.field("reuse", c.reuse, Bounds{0, 1 << 20},
          "the best of them that are tried again in the next generation");
  v.field("eliteness", c.eliteness, Bounds{1e-3, 700.0},
          "h: the best candidate weighs exp(h) times as much as the worst");
  v.field("init_std", c.init_std, Bounds{1e-6, 1e3},
          "standard deviation of the candidates at the start");
  v.field("std_decay", c.std_decay, Bounds{0.0, 1.0}, "factor of it a generation");
  v.field("min_std", c.min_std, Bounds{1e-6, 1e3}, "where it stops to shrink");
  visit_search_fields(c.search, v);
}

std::vector<std::string> problems(const Pi2Config& config, int num_envs);

/// P (K), which sum up to 1; all equal where the scores (K) are.
torch::Tensor path_integral_weights(const torch::Tensor& scores, double h);

class Pi2 final : public Search {
 public:
  Pi2(const Pi2Config& config, const torch::Tensor& start, std::uint64_t seed);

  torch::Tensor ask(std::int64_t generation) override;
  void tell(const torch::Tensor& scores) override;
  const torch::Tensor& mean() const override { return theta_; }
  void set_mean(const torch::Tensor& mean) override;
  std::vector<Scalar> scalars() const override;
  void save(TensorArchive& archive) const override;
  void load(const TensorArchive& archive) override;

 private:
  Pi2Config config_;
  std::uint64_t seed_;
  torch::Tensor theta_;       // (n)
  torch::Tensor kept_;        // (reuse, n), the best first; undefined before there are any
  torch::Tensor candidates_;  // (population, n), of the last ask; those that were kept first
  double sigma_;
};

}  // namespace kennel
