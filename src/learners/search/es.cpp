#include "src/learners/search/es.h"

#include <cmath>

namespace kennel {

std::vector<std::string> problems(const EsConfig& config, int num_envs) {
  std::vector<std::string> found = out_of_bounds("es", config);
  check_candidate("es", config.search, found);
  check_population({"es.population", config.population, 2, 2, 1}, num_envs, found);
  return found;
}

torch::Tensor centred_ranks(const torch::Tensor& scores) {
  const std::int64_t count = scores.size(0);
  const torch::Tensor sorted = std::get<0>(scores.sort());
  // Where equal scores begin and end among the sorted; a shared rank is the middle.
  const torch::Tensor begin = torch::searchsorted(sorted, scores, false, /*right=*/false);
  const torch::Tensor end = torch::searchsorted(sorted, scores, false, /*right=*/true);
  const torch::Tensor rank = (begin + end - 1).to(torch::kFloat64).div_(2);
  return count == 1 ? torch::zeros_like(rank) : rank.div_(static_cast<double>(count - 1)).sub_(0.5);
}

torch::Tensor antithetic_gradient(const torch::Tensor& eps, const torch::Tensor& plus,
                                  const torch::Tensor& minus, double sigma) {
  const auto K = static_cast<double>(eps.size(0));
  return eps.t().mv(plus - minus).div_(2.0 * K * sigma);
}

Es::Es(const EsConfig& config, const torch::Tensor& start, std::uint64_t seed)
    : MeanSearch(start, seed), config_(config), moments_(start) {}

// The first half of the candidates are theta + sigma eps, the second theta - sigma eps.
torch::Tensor Es::ask(std::int64_t generation) {
  eps_ = noise(generation, config_.population / 2);
  const torch::Tensor offset = eps_ * double{config_.sigma};
  return torch::cat({theta_ + offset, theta_ - offset});
}

void Es::tell(const torch::Tensor& scores) {
  const std::int64_t K = eps_.size(0);
  const torch::Tensor u = centred_ranks(scores);
  const torch::Tensor g =
      antithetic_gradient(eps_, u.narrow(0, 0, K), u.narrow(0, K, K), config_.sigma);
  gradient_norm_ = g.norm().item<double>();
  ascend(g - double{config_.weight_decay} * theta_);
}

void Es::ascend(const torch::Tensor& gradient) {
  constexpr AdamBetas kBetas{};
  const auto t = static_cast<double>(++step_);
  const AdamBetas left{std::pow(kBetas.first, t), std::pow(kBetas.second, t)};
  theta_ = theta_ + adam_step(gradient, config_.learning_rate, kBetas, left, moments_);
}

std::vector<Scalar> Es::scalars() const { return {{"train/gradient_norm", gradient_norm_}}; }

void Es::save(TensorArchive& archive) const {
  MeanSearch::save(archive);
  archive.put("adam/first_moment", moments_.first);
  archive.put("adam/second_moment", moments_.second);
  archive.put("adam/step", step_);
}

void Es::load(const TensorArchive& archive) {
  const std::int64_t step = archive.number("adam/step");
  const torch::Tensor first = archive.tensor("adam/first_moment").clone();
  const torch::Tensor second = archive.tensor("adam/second_moment").clone();
  MeanSearch::load(archive);  // may refuse; nothing has changed until here
  moments_.first = first;
  moments_.second = second;
  step_ = step;
}

}  // namespace kennel
