#include "src/learners/search/rwr.h"

#include <cmath>

#include "kennel/core/check.h"

namespace kennel {

std::vector<std::string> problems(const RwrConfig& config, int num_envs) {
  std::vector<std::string> found = out_of_bounds("rwr", config);
  check_candidate("rwr", config.search, found);
  check_population({"rwr.population", config.population, 3, 1, 1}, num_envs, found);
  if (config.population >= 3 && double{config.effective_share} * config.population < 2.0)
    found.push_back(text("rwr.effective_share = ", config.effective_share, " of ",
                         config.population, " candidates is worth fewer than two; try ",
                         std::ceil(2e3 / config.population) / 1e3));
  check_least_std("rwr", config.init_std, config.min_std, found);
  return found;
}

double effective_sample_size(const torch::Tensor& weights) {
  const double sum = weights.sum().item<double>();
  return sum * sum / weights.square().sum().item<double>();
}

RewardWeights reward_weights(const torch::Tensor& scores, double effective) {
  const double spread = spread_of(scores);
  const torch::Tensor below = (scores - scores.max()) / spread;  // in [-1, 0]
  const auto weights = [&](double beta) { return (beta * below).exp(); };
  const auto too_equal = [&](double beta) {
    return effective_sample_size(weights(beta)) > effective;
  };
  // Beyond the most it tells apart scores that differ in their last bits: the weights are those of
  // the best alone.
  constexpr double kMost = 0x1p60;
  double low = 0.0, high = 1.0;
  while (high < kMost && too_equal(high)) high *= 2.0;
  for (int halving = 0; halving < 60; ++halving) {
    const double middle = (low + high) / 2.0;
    (too_equal(middle) ? low : high) = middle;
  }
  return {weights(high), high / spread};
}

Rwr::Rwr(const RwrConfig& config, const torch::Tensor& start, std::uint64_t seed)
    : GaussianSearch(start, seed, config.population, config.init_std), config_(config) {}

void Rwr::tell(const torch::Tensor& scores) {
  if (spread_of(scores) == 0.0) return;  // nothing was learnt, neither where to go nor how narrow
  const double effective = double{config_.effective_share} * config_.population;
  const torch::Tensor w = reward_weights(scores, effective).weights;
  const torch::Tensor share = w / w.sum();
  theta_ = x_.t().mv(share);
  var_ = (x_ - theta_).square().t().mv(share).clamp_min(std::pow(double{config_.min_std}, 2));
}

}  // namespace kennel
