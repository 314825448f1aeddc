#include "src/learners/search/cem.h"

#include <algorithm>
#include <cmath>

#include "kennel/core/check.h"

namespace kennel {

std::int64_t CemConfig::num_elite() const {
  // A share written in decimals shall not lose a candidate to its rounding.
  return std::max(1L, std::lround(double{elite} * population));
}

std::vector<std::string> problems(const CemConfig& config, int num_envs) {
  std::vector<std::string> found = out_of_bounds("cem", config);
  check_candidate("cem", config.search, found);
  check_population({"cem.population", config.population, 3, 1, 1}, num_envs, found);
  if (config.population >= 3 && config.num_elite() < 2)
    found.push_back(text("cem.elite = ", config.elite, " of ", config.population,
                         " candidates leaves fewer than two; try ", 2.0 / config.population));
  return found;
}

Cem::Cem(const CemConfig& config, const torch::Tensor& start, std::uint64_t seed)
    : GaussianSearch(start, seed, config.population, config.init_std), config_(config) {}

void Cem::tell(const torch::Tensor& scores) {
  const torch::Tensor elite =
      x_.index_select(0, best_first(scores).narrow(0, 0, config_.num_elite()));
  ++t_;
  const double fading =
      std::max(0.0, 1.0 - static_cast<double>(t_) / static_cast<double>(config_.extra_generations));
  theta_ = elite.mean(0);
  var_ = elite.var(0, /*unbiased=*/false) + std::pow(double{config_.extra_std}, 2) * fading;
}

void Cem::save(TensorArchive& archive) const {
  GaussianSearch::save(archive);
  archive.put("search/generation", t_);
}

void Cem::load(const TensorArchive& archive) {
  const std::int64_t t = archive.number("search/generation");
  GaussianSearch::load(archive);  // may refuse; nothing has changed until here
  t_ = t;
}

}  // namespace kennel
