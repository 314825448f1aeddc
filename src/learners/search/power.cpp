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
    : config_(config),
      seed_(seed),
      theta_(start.clone()),
      var_(torch::full_like(start, std::pow(double{config.init_std}, 2))) {}

torch::Tensor Power::ask(std::int64_t generation) {
  const torch::Tensor z = search_noise(seed_, generation, config_.population, theta_.size(0));
  candidates_ = theta_ + z * var_.sqrt();
  return candidates_;
}

void Power::tell(const torch::Tensor& scores) {
  history_ = best_of(history_, {candidates_, scores}, config_.reuse);
  if (spread_of(history_.scores) == 0.0) return;  // every Q is 0
  const torch::Tensor Q = history_.scores - history_.scores.min();
  const torch::Tensor share = Q / Q.sum();
  const torch::Tensor exploration = history_.x - theta_;
  theta_ = theta_ + exploration.t().mv(share);
  var_ = exploration.square().t().mv(share).clamp(std::pow(double{config_.min_std}, 2),
                                                  std::pow(double{config_.init_std}, 2));
}

void Power::set_mean(const torch::Tensor& mean) {
  theta_ = mean.clone();
  history_ = {};  // it would draw the search back to where it was
}

std::vector<Scalar> Power::scalars() const {
  return {{"train/sigma", var_.mean().sqrt().item<double>()}};
}

void Power::save(TensorArchive& archive) const {
  archive.put("search/mean", theta_);
  archive.put("search/variance", var_);
  if (!history_.x.defined()) return;
  archive.put("history/candidates", history_.x);
  archive.put("history/scores", history_.scores);
}

void Power::load(const TensorArchive& archive) {
  const torch::Tensor var = archive.tensor("search/variance").clone();
  ScoredCandidates history;
  if (archive.has_tensor("history/candidates"))
    history = {archive.tensor("history/candidates").clone(),
               archive.tensor("history/scores").clone()};
  theta_ = archive.tensor("search/mean").clone();
  var_ = var;
  history_ = history;
}

}  // namespace kennel
