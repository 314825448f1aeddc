// The cross-entropy method (Rubinstein 1999) with the decaying extra variance of Szita & Lorincz
// 2006 (Learning Tetris Using the Noisy Cross-Entropy Method, section 3).
//
//   x_k ~ N(theta, diag(var))                                                      k = 1..N
//   elite = the best share of them by score
//   theta <- mean of the elite
//   var   <- variance of the elite + extra_std^2 max(0, 1 - t / extra_generations)
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kennel/io/config_problems.h"
#include "src/learners/search/mean_search.h"
#include "src/learners/search/search_config.h"

namespace kennel {

struct CemConfig {
  static constexpr const char* kSection = "cem";
  SearchConfig search{};
  int population = 256;
  float elite = 0.15f;
  float init_std = 0.2f;
  float extra_std = 0.1f;
  int extra_generations = 300;

  int num_candidates() const { return population; }
  /// How many the elite are, at least one.
  std::int64_t num_elite() const;
};

template <class Config, class Visitor>
void visit_fields(Config& c, Visitor&& v) requires same_config<Config, CemConfig> {
  v.field("population", c.population, Bounds{1, 1 << 20},
          "candidates a generation; divides num_envs, and each has as many environments");
  v.field("elite", c.elite, Bounds{0.0, 1.0}, "share of them that the next are drawn around");
  v.field("init_std", c.init_std, Bounds{1e-6, 1e3},
          "standard deviation of each parameter at the start");
  v.field("extra_std", c.extra_std, Bounds{0.0, 1e3},
          "deviation whose square is added to the elite's variance at the start, or the search "
          "narrows too soon");
  v.field("extra_generations", c.extra_generations, Bounds{1, 1e9},
          "generations in which that has faded to nothing");
  visit_search_fields(c.search, v);
}

std::vector<std::string> problems(const CemConfig& config, int num_envs);

class Cem final : public GaussianSearch {
 public:
  Cem(const CemConfig& config, const torch::Tensor& start, std::uint64_t seed);

  void tell(const torch::Tensor& scores) override;
  void save(TensorArchive& archive) const override;
  void load(const TensorArchive& archive) override;

 private:
  CemConfig config_;
  std::int64_t t_ = 0;  // generations learned from
};

}  // namespace kennel
