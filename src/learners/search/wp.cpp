#include "src/learners/search/wp.h"

namespace kennel {

std::vector<std::string> problems(const WpConfig& config, int num_envs) {
  std::vector<std::string> found = out_of_bounds("wp", config);
  check_candidate("wp", config.search, found);
  check_population({"wp.population", config.population, 2, 1, 1}, num_envs, found);
  return found;
}

torch::Tensor weight_perturbation_gradient(const torch::Tensor& z, const torch::Tensor& scores,
                                           double sigma) {
  const auto N = static_cast<double>(z.size(0));
  return z.t().mv(scores - scores.mean()).div_((N - 1.0) * sigma);
}

Wp::Wp(const WpConfig& config, const torch::Tensor& start, std::uint64_t seed)
    : MeanSearch(start, seed), config_(config) {}

torch::Tensor Wp::ask(std::int64_t generation) {
  z_ = noise(generation, config_.population);
  return theta_ + z_ * double{config_.sigma};
}

void Wp::tell(const torch::Tensor& scores) {
  return_std_ = spread_of(scores) > 0.0 ? scores.std(/*unbiased=*/false).item<double>() : 0.0;
  if (return_std_ == 0.0) return;
  const double sigma = config_.sigma;
  const torch::Tensor g = weight_perturbation_gradient(z_, scores / return_std_, sigma);
  theta_ = theta_ + g * (double{config_.learning_rate} * sigma * sigma);
}

std::vector<Scalar> Wp::scalars() const { return {{"train/return_std", return_std_}}; }

}  // namespace kennel
