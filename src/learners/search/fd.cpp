#include "src/learners/search/fd.h"

namespace kennel {

std::vector<std::string> problems(const FdConfig& config, int num_envs) {
  std::vector<std::string> found = out_of_bounds("fd", config);
  check_candidate("fd", config.search, found);
  check_population({"fd.num_pairs", config.num_pairs, 1, 1, 2}, num_envs, found);
  return found;
}

// By singular values: the normal equations would square E's condition, and have no solution where
// pairs are few.
torch::Tensor regression_gradient(const torch::Tensor& offsets, const torch::Tensor& differences) {
  return std::get<0>(torch::linalg_lstsq(offsets, differences.unsqueeze(1), /*rcond=*/{}, "gelsd"))
      .squeeze(1);
}

Fd::Fd(const FdConfig& config, const torch::Tensor& start, std::uint64_t seed)
    : MeanSearch(start, seed), config_(config) {}

// The first half of the candidates are theta + e, the second theta - e.
torch::Tensor Fd::ask(std::int64_t generation) {
  offsets_ = noise(generation, config_.num_pairs) * double{config_.sigma};
  return torch::cat({theta_ + offsets_, theta_ - offsets_});
}

void Fd::tell(const torch::Tensor& scores) {
  const std::int64_t K = offsets_.size(0);
  const torch::Tensor dJ = (scores.narrow(0, 0, K) - scores.narrow(0, K, K)) / 2;
  const torch::Tensor g = regression_gradient(offsets_, dJ);
  gradient_norm_ = g.norm().item<double>();
  if (gradient_norm_ > 0.0) theta_ = theta_ + g * (double{config_.step_size} / gradient_norm_);
}

std::vector<Scalar> Fd::scalars() const { return {{"train/gradient_norm", gradient_norm_}}; }

}  // namespace kennel
