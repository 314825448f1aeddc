// Path integrals, PI^2 (Theodorou, Buchli, Schaal 2010, A Generalized Path Integral Control
// Approach to Reinforcement Learning, JMLR 11, table 1), with a perturbation that an episode keeps.
//
//   eps_k ~ N(0, sigma^2 I),  r_k(t) = rewards of theta + eps_k        k = 1..K,  t = 0..N-1
//
// per_time_step = false: the whole episode is one step of its path, the black-box form of Stulp &
// Sigaud 2012 (arXiv 1206.4621, section 2)
//
//   R_k = sum_t r_k(t)
//   P_k = exp(h (R_k - min R) / (max R - min R)), divided by their sum
//   theta <- theta + sum_k P_k eps_k
//
// per_time_step = true: table 1
//
//   S_k(t) = sum_(s >= t) r_k(s)                                       the reward still to come
//   P_k(t) = exp(h (S_k(t) - min S(t)) / (max S(t) - min S(t))), divided by their sum over k
//   dtheta(t) = sum_k P_k(t) eps_k
//   theta <- theta + sum_t (N - t) dtheta(t) / sum_t (N - t)
//
// The table weighs a step by the steps that are left times a basis function's activation, and
// projects a perturbation on the functions that are active. A network's parameters all act at every
// step: here both are 1. Its cost of theta + eps is what the reward charges for actions. Costs are
// negative rewards. A step at which all candidates have the same to come tells nothing and is left
// out. What a candidate did before t does not count at t, only where that took it: candidates that
// are quick at a price weigh more than by their score, which a smaller sigma makes up for.
//
// Either way
//
//   sigma <- max(std_decay sigma, min_std)
//
// The `reuse` best candidates are among the next generation's, their scores taken anew: a lucky
// one does not stay.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kennel/io/config_problems.h"
#include "src/learners/search/mean_search.h"
#include "src/learners/search/search_config.h"

namespace kennel {

struct Pi2Config {
  static constexpr const char* kSection = "pi2";
  SearchConfig search{};
  int population = 64;
  int reuse = 8;
  float eliteness = 10.0f;
  float init_std = 0.2f;
  float std_decay = 0.98f;
  float min_std = 0.02f;
  bool per_time_step = false;

  int num_candidates() const { return population; }
};

template <class Config, class Visitor>
void visit_fields(Config& c, Visitor&& v) requires same_config<Config, Pi2Config> {
  v.field("population", c.population, Bounds{1, 1 << 20},
          "candidates a generation; divides num_envs, and each has as many environments");
  v.field("reuse", c.reuse, Bounds{0, 1 << 20},
          "the best of them that are tried again in the next generation");
  v.field("eliteness", c.eliteness, Bounds{1e-3, 700.0},
          "h: the best candidate weighs exp(h) times as much as the worst");
  v.field("init_std", c.init_std, Bounds{1e-6, 1e3},
          "standard deviation of the candidates at the start");
  v.field("std_decay", c.std_decay, Bounds{0.0, 1.0}, "factor of it a generation");
  v.field("min_std", c.min_std, Bounds{1e-6, 1e3}, "where it stops to shrink");
  v.field("per_time_step", c.per_time_step, Bounds{},
          "weigh candidates at every control step by the rewards still to come, and average the "
          "steps' updates; false: once, by the whole score");
  visit_search_fields(c.search, v);
}

std::vector<std::string> problems(const Pi2Config& config, int num_envs);

/// P (K), which sum up to 1; all equal where the scores (K) are.
torch::Tensor path_integral_weights(const torch::Tensor& scores, double h);

/// S (K, N) of the rewards (K, N).
torch::Tensor rewards_to_go(const torch::Tensor& rewards);

/// sum_t (N - t) P(t) / sum_t (N - t) over the steps that tell anything, (K), which sum up to 1;
/// all equal where none does.
/// \param to_go  S (K, N)
torch::Tensor path_integral_weights_by_step(const torch::Tensor& to_go, double h);

class Pi2 final : public MeanSearch {
 public:
  Pi2(const Pi2Config& config, const torch::Tensor& start, std::uint64_t seed);

  torch::Tensor ask(std::int64_t generation) override;
  void tell(const torch::Tensor& scores) override;
  bool wants_rewards() const override { return config_.per_time_step; }
  void tell_rewards(const torch::Tensor& scores, const torch::Tensor& rewards) override;
  void set_mean(const torch::Tensor& mean) override;
  std::vector<Scalar> scalars() const override;
  void save(TensorArchive& archive) const override;
  void load(const TensorArchive& archive) override;

 private:
  void learn(const torch::Tensor& scores, const torch::Tensor& P);

  Pi2Config config_;
  torch::Tensor kept_;        // (reuse, n), the best first; undefined before there are any
  torch::Tensor candidates_;  // (population, n), of the last ask; those that were kept first
  double sigma_;
};

}  // namespace kennel
