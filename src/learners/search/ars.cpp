#include "src/learners/search/ars.h"

#include "kennel/core/check.h"

namespace kennel {

std::vector<std::string> problems(const ArsConfig& config, int num_envs) {
  std::vector<std::string> found = out_of_bounds("ars", config);
  check_candidate("ars", config.search, found);
  check_population({"ars.num_directions", config.num_directions, 1, 1, 2}, num_envs, found);
  if (config.top_directions > config.num_directions)
    found.push_back(text("ars.top_directions = ", config.top_directions,
                         " is above num_directions = ", config.num_directions));
  return found;
}

ArsStep ars_step(const torch::Tensor& delta, const torch::Tensor& plus, const torch::Tensor& minus,
                 std::int64_t top, double alpha) {
  const torch::Tensor kept = best_first(torch::maximum(plus, minus)).narrow(0, 0, top);
  const torch::Tensor r_plus = plus.index_select(0, kept), r_minus = minus.index_select(0, kept);
  const double sigma_R = torch::cat({r_plus, r_minus}).std(/*unbiased=*/false).item<double>();
  if (sigma_R == 0.0) return {torch::zeros({delta.size(1)}, delta.options()), 0.0};
  const torch::Tensor sum = delta.index_select(0, kept).t().mv(r_plus - r_minus);
  return {sum * (alpha / (static_cast<double>(top) * sigma_R)), sigma_R};
}

Ars::Ars(const ArsConfig& config, const torch::Tensor& start, std::uint64_t seed)
    : MeanSearch(start, seed), config_(config) {}

// The first half of the candidates are theta + nu delta, the second theta - nu delta.
torch::Tensor Ars::ask(std::int64_t generation) {
  delta_ = noise(generation, config_.num_directions);
  const torch::Tensor offset = delta_ * double{config_.direction_std};
  return torch::cat({theta_ + offset, theta_ - offset});
}

void Ars::tell(const torch::Tensor& scores) {
  const std::int64_t N = delta_.size(0);
  const ArsStep taken = ars_step(delta_, scores.narrow(0, 0, N), scores.narrow(0, N, N),
                                 config_.top_directions, config_.step_size);
  theta_ = theta_ + taken.step;
  sigma_R_ = taken.sigma_R;
}

std::vector<Scalar> Ars::scalars() const { return {{"train/return_std", sigma_R_}}; }

}  // namespace kennel
