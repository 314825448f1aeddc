#include "src/learners/search/pi2.h"

#include <algorithm>

#include "kennel/core/check.h"

namespace kennel {

std::vector<std::string> problems(const Pi2Config& config, int num_envs) {
  std::vector<std::string> found = out_of_bounds("pi2", config);
  check_candidate("pi2", config.search, found);
  check_population({"pi2.population", config.population, 2, 1, 1}, num_envs, found);
  if (config.population >= 2 && config.reuse >= config.population)
    found.push_back(text("pi2.reuse = ", config.reuse, " of ", config.population,
                         " candidates leaves no new one; try ", config.population / 8));
  check_least_std("pi2", config.init_std, config.min_std, found);
  return found;
}

torch::Tensor path_integral_weights(const torch::Tensor& scores, double h) {
  const double spread = spread_of(scores);
  if (spread == 0.0) return torch::full_like(scores, 1.0 / static_cast<double>(scores.size(0)));
  return ((scores - scores.min()) * (h / spread)).softmax(0);
}

torch::Tensor rewards_to_go(const torch::Tensor& rewards) {
  return rewards.flip(1).cumsum(1).flip(1);
}

torch::Tensor path_integral_weights_by_step(const torch::Tensor& to_go, double h) {
  const std::int64_t K = to_go.size(0), N = to_go.size(1);
  const torch::Tensor least = to_go.amin(0), spread = to_go.amax(0) - least;  // (N)
  const torch::Tensor told = spread > 0;
  const torch::Tensor left = torch::arange(N, 0, -1, torch::kFloat64) * told;  // N - t
  const double sum = left.sum().item<double>();
  if (sum == 0.0) return torch::full({K}, 1.0 / static_cast<double>(K), torch::kFloat64);
  const torch::Tensor P = ((to_go - least) * (h / spread.masked_fill(~told, 1.0))).softmax(0);
  return P.mv(left / sum);
}

Pi2::Pi2(const Pi2Config& config, const torch::Tensor& start, std::uint64_t seed)
    : MeanSearch(start, seed), config_(config), sigma_(config.init_std) {}

torch::Tensor Pi2::ask(std::int64_t generation) {
  // A run that goes on may reuse fewer than it kept.
  const std::int64_t kept =
      kept_.defined() ? std::min<std::int64_t>(kept_.size(0), config_.reuse) : 0;
  const torch::Tensor eps = noise(generation, config_.population - kept) * sigma_;
  candidates_ = theta_ + eps;
  if (kept > 0) candidates_ = torch::cat({kept_.narrow(0, 0, kept), candidates_});
  return candidates_;
}

void Pi2::tell(const torch::Tensor& scores) {
  if (spread_of(scores) == 0.0) return;  // nothing was learnt, neither where to go nor how narrow
  learn(scores, path_integral_weights(scores, config_.eliteness));
}

void Pi2::tell_rewards(const torch::Tensor& scores, const torch::Tensor& rewards) {
  const torch::Tensor to_go = rewards_to_go(rewards);
  if ((to_go.amax(0) - to_go.amin(0)).max().item<double>() == 0.0) return;  // likewise
  learn(scores, path_integral_weights_by_step(to_go, config_.eliteness));
}

void Pi2::learn(const torch::Tensor& scores, const torch::Tensor& P) {
  theta_ = theta_ + (candidates_ - theta_).t().mv(P);
  if (config_.reuse > 0)
    kept_ = candidates_.index_select(0, best_first(scores).narrow(0, 0, config_.reuse));
  sigma_ = std::max(sigma_ * config_.std_decay, double{config_.min_std});
}

void Pi2::set_mean(const torch::Tensor& mean) {
  MeanSearch::set_mean(mean);
  kept_ = torch::Tensor();  // they lie around another place
}

std::vector<Scalar> Pi2::scalars() const { return {{"train/sigma", sigma_}}; }

void Pi2::save(TensorArchive& archive) const {
  MeanSearch::save(archive);
  archive.put("search/sigma", torch::tensor({sigma_}, torch::kFloat64));
  if (kept_.defined()) archive.put("search/kept", kept_);
}

void Pi2::load(const TensorArchive& archive) {
  const double sigma = archive.tensor("search/sigma").item<double>();
  MeanSearch::load(archive);  // may refuse; nothing has changed until here
  sigma_ = sigma;
  kept_ =
      archive.has_tensor("search/kept") ? archive.tensor("search/kept").clone() : torch::Tensor();
}

}  // namespace kennel
