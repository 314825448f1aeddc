// PoWER, policy learning by weighting exploration with the returns (Kober & Peters 2009, Policy
// Search for Motor Primitives in Robotics, NIPS 21, algorithm 1; Machine Learning 84, 2011), with
// exploration that is constant over an episode.
//
//   x_k ~ N(theta, diag(var)),  R_k = score(x_k)
//   the `reuse` best of all that were ever tried, with Q_k = R_k less the worst of them
//   theta' = theta + sum_k Q_k (x_k - theta) / sum_k Q_k
//   var'   = sum_k Q_k (x_k - theta)^2 / sum_k Q_k,  within min_std^2 .. init_std^2
//
// EM takes a return for the weight of a probability, so that it must not be negative: the worst
// kept is its zero. The best of the past stand for importance sampling over all of it. Their scores
// are not taken again: where scores are noisy, lucky ones stay; more environments a candidate help,
// and a larger `reuse`. Common random numbers are off by default: candidates of different
// generations are compared, and a generation that draws an easy task would stay as a whole. The
// variance follows from the same weights (2011, the update of its exploration): it shrinks where
// better ones are found near, not by the clock.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kennel/io/config_problems.h"
#include "src/learners/search/mean_search.h"
#include "src/learners/search/search_config.h"

namespace kennel {

struct PowerConfig {
  static constexpr const char* kSection = "power";
  SearchConfig search{.common_random_numbers = false};
  int population = 64;
  int reuse = 10;
  float init_std = 0.2f;
  float min_std = 0.02f;

  int num_candidates() const { return population; }
};

template <class Config, class Visitor>
void visit_fields(Config& c, Visitor&& v) requires same_config<Config, PowerConfig> {
  v.field("population", c.population, Bounds{1, 1 << 20},
          "candidates a generation; divides num_envs, and each has as many environments");
  v.field("reuse", c.reuse, Bounds{2, 1 << 20},
          "the best candidates of all generations that are learnt from");
  v.field("init_std", c.init_std, Bounds{1e-6, 1e3},
          "standard deviation of each parameter at the start, and the most there is");
  v.field("min_std", c.min_std, Bounds{1e-6, 1e3},
          "least standard deviation: where the search stops to narrow");
  visit_search_fields(c.search, v);
}

std::vector<std::string> problems(const PowerConfig& config, int num_envs);

/// Candidates and what they scored, the best first.
struct ScoredCandidates {
  torch::Tensor x;       // (m, n); undefined before there are any
  torch::Tensor scores;  // (m)
};

/// The `most` best of both; of equal ones the earlier.
ScoredCandidates best_of(const ScoredCandidates& past, const ScoredCandidates& now,
                         std::int64_t most);

class Power final : public GaussianSearch {
 public:
  Power(const PowerConfig& config, const torch::Tensor& start, std::uint64_t seed);

  void tell(const torch::Tensor& scores) override;
  void set_mean(const torch::Tensor& mean) override;
  void save(TensorArchive& archive) const override;
  void load(const TensorArchive& archive) override;

  const ScoredCandidates& history() const { return history_; }

 private:
  PowerConfig config_;
  ScoredCandidates history_;  // `reuse` of them at most
};

}  // namespace kennel
