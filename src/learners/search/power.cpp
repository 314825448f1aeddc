#include "src/learners/search/power.h"

#include <algorithm>
#include <cmath>

namespace kennel {

std::vector<std::string> problems(const PowerConfig& config, int num_envs) {
  std::vector<std::string> found = out_of_bounds("power", config);
  check_candidate("power", config.search, found);
  // One candidate a generation will do: it is compared with the past.
  check_population({"power.population", config.population, 1, 1, 1}, num_envs, found);
  check_least_std("power", config.init_std, config.min_std, found);
  return found;
}

ScoredCandidates best_of(const ScoredCandidates& past, const ScoredCandidates& now,
                         std::int64_t most) {
  const bool first = !past.x.defined();
  const torch::Tensor x = first ? now.x : torch::cat({past.x, now.x});
  const torch::Tensor scores = first ? now.scores : torch::cat({past.scores, now.scores});
  const torch::Tensor kept = best_first(scores).narrow(0, 0, std::min(most, scores.size(0)));
  return {x.index_select(0, kept), scores.index_select(0, kept)};
}

Power::Power(const PowerConfig& config, const torch::Tensor& start, std::uint64_t seed)
    : GaussianSearch(start, seed, config.population, config.init_std), config_(config) {}

void Power::tell(const torch::Tensor& scores) {
  history_ = best_of(history_, {x_, scores}, config_.reuse);
  if (spread_of(history_.scores) == 0.0) return;  // every Q is 0
  const torch::Tensor Q = history_.scores - history_.scores.min();
  const torch::Tensor share = Q / Q.sum();
  const torch::Tensor exploration = history_.x - theta_;
  theta_ = theta_ + exploration.t().mv(share);
  var_ = exploration.square().t().mv(share).clamp(std::pow(double{config_.min_std}, 2),
                                                  std::pow(double{config_.init_std}, 2));
}

void Power::set_mean(const torch::Tensor& mean) {
  GaussianSearch::set_mean(mean);
  history_ = {};  // it would draw the search back to where it was
}

void Power::save(TensorArchive& archive) const {
  GaussianSearch::save(archive);
  if (!history_.x.defined()) return;
  archive.put("history/candidates", history_.x);
  archive.put("history/scores", history_.scores);
}

void Power::load(const TensorArchive& archive) {
  ScoredCandidates history;
  if (archive.has_tensor("history/candidates"))
    history = {archive.tensor("history/candidates").clone(),
               archive.tensor("history/scores").clone()};
  GaussianSearch::load(archive);  // may refuse; nothing has changed until here
  history_ = history;
}

}  // namespace kennel
