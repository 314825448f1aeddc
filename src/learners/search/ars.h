// Augmented random search (Mania, Guy, Recht 2018, arXiv 1803.07055, algorithm 2).
//
//   delta_k ~ N(0, I),  r_k+- = score(theta +- nu delta_k)                         k = 1..N
//   keep the b directions with the greatest max(r_k+, r_k-);  sigma_R: deviation of their 2b scores
//   theta <- theta + alpha / (b sigma_R) sum_(kept) (r_k+ - r_k-) delta_k
//
// V1 is `normalise_obs = false`, V2 true (section 3.2); V1-t and V2-t are b < N.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kennel/io/config_problems.h"
#include "src/learners/search/mean_search.h"
#include "src/learners/search/search_config.h"

namespace kennel {

struct ArsConfig {
  static constexpr const char* kSection = "ars";
  SearchConfig search{};
  int num_directions = 64;
  int top_directions = 32;
  float step_size = 0.02f;
  float direction_std = 0.03f;

  int num_candidates() const { return 2 * num_directions; }
};

template <class Config, class Visitor>
void visit_fields(Config& c, Visitor&& v) requires same_config<Config, ArsConfig> {
  v.field("num_directions", c.num_directions, Bounds{1, 1 << 19},
          "directions a generation, two candidates each; twice as many divide num_envs");
  v.field("top_directions", c.top_directions, Bounds{1, 1 << 19},
          "best of the directions that are used");
  v.field("step_size", c.step_size, Bounds{1e-8, 1e3}, "alpha, in deviations of the scores");
  v.field("direction_std", c.direction_std, Bounds{1e-6, 1e3},
          "nu, the standard deviation of the candidates");
  visit_search_fields(c.search, v);
}

std::vector<std::string> problems(const ArsConfig& config, int num_envs);

class Ars final : public MeanSearch {
 public:
  Ars(const ArsConfig& config, const torch::Tensor& start, std::uint64_t seed);

  torch::Tensor ask(std::int64_t generation) override;
  void tell(const torch::Tensor& scores) override;
  std::vector<Scalar> scalars() const override;

 private:
  ArsConfig config_;
  torch::Tensor delta_;  // (num_directions, n), of the last ask
  double sigma_R_ = 0.0;
};

/// The step of ARS, (n): alpha / (b sigma_R) sum_(kept) (plus_k - minus_k) delta_k; zero where all
/// kept scores are equal.
/// \param delta  (N, n); plus and minus (N) are the scores at theta +- nu delta
struct ArsStep {
  torch::Tensor step;
  double sigma_R = 0.0;
};
ArsStep ars_step(const torch::Tensor& delta, const torch::Tensor& plus, const torch::Tensor& minus,
                 std::int64_t top, double alpha);

}  // namespace kennel
