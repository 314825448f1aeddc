// Finite differences by regression (Peters & Schaal 2008, Reinforcement learning of motor skills
// with policy gradients, Neural Networks 21, section 3.1).
//
//   e_k ~ N(0, sigma^2 I),  dJ_k = (score(theta + e_k) - score(theta - e_k)) / 2    k = 1..K
//   g = (E'E)^-1 E' dJ,  E (K, n) with the rows e_k
//   theta <- theta + step_size g / |g|
//
// Differences are central, so that curvature drops out of them. With fewer pairs than parameters
// E'E has no inverse; g is then the shortest one that explains all dJ: the gradient's projection on
// the directions that were tried.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kennel/io/config_problems.h"
#include "src/learners/search/mean_search.h"
#include "src/learners/search/search_config.h"

namespace kennel {

struct FdConfig {
  static constexpr const char* kSection = "fd";
  SearchConfig search{};
  int num_pairs = 64;
  float sigma = 0.05f;
  float step_size = 0.05f;

  int num_candidates() const { return 2 * num_pairs; }
};

template <class Config, class Visitor>
void visit_fields(Config& c, Visitor&& v) requires same_config<Config, FdConfig> {
  v.field(
      "num_pairs", c.num_pairs, Bounds{1, 1 << 19},
      "pairs theta +- e a generation, two candidates each; twice as many divide num_envs. Fewer "
      "than parameters see the gradient's projection alone");
  v.field("sigma", c.sigma, Bounds{1e-6, 1e3}, "standard deviation of the candidates");
  v.field("step_size", c.step_size, Bounds{1e-8, 1e3},
          "length of the step along the gradient; no end is closer than it");
  visit_search_fields(c.search, v);
}

std::vector<std::string> problems(const FdConfig& config, int num_envs);

/// The least-squares solution g (n) of E g = dJ, the shortest where there are several.
/// \param offsets      E, (K, n)
/// \param differences  dJ, (K): half of score(theta + e) - score(theta - e)
torch::Tensor regression_gradient(const torch::Tensor& offsets, const torch::Tensor& differences);

class Fd final : public MeanSearch {
 public:
  Fd(const FdConfig& config, const torch::Tensor& start, std::uint64_t seed);

  torch::Tensor ask(std::int64_t generation) override;
  void tell(const torch::Tensor& scores) override;
  std::vector<Scalar> scalars() const override;

 private:
  FdConfig config_;
  torch::Tensor offsets_;  // (num_pairs, n), of the last ask
  double gradient_norm_ = 0.0;
};

}  // namespace kennel
