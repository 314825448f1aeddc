// Covariance matrix adaptation (Hansen, The CMA Evolution Strategy: A Tutorial, arXiv 1604.00772;
// figure 6 and table 1), and its diagonal form (Ros & Hansen 2008, A Simple Modification in CMA-ES
// Achieving Linear Time and Space Complexity, section 3).
//
//   C = B D^2 B^T,  z_k ~ N(0, I),  y_k = B D z_k,  x_k = m + sigma y_k            k = 1..lambda
//   y_w = sum_(i <= mu) w_i y_(i:lambda),  the best first
//   m   <- m + sigma y_w
//   p_s <- (1 - c_s) p_s + sqrt(c_s (2 - c_s) mueff) B D^-1 B^T y_w
//   p_c <- (1 - c_c) p_c + h sqrt(c_c (2 - c_c) mueff) y_w
//   C   <- (1 - c_1 - c_mu + c_1 (1 - h) c_c (2 - c_c)) C + c_1 p_c p_c^T + c_mu sum w_i y_i y_i^T
//   sigma <- sigma exp(c_s / d_s (|p_s| / chi - 1))
//   h   = 1 unless |p_s| is so long that C must not grow along p_c, then 0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kennel/io/config_problems.h"
#include "src/learners/search/search.h"
#include "src/learners/search/search_config.h"

namespace kennel {

struct CmaEsConfig {
  static constexpr const char* kSection = "cma_es";
  SearchConfig search{};
  int population = 64;
  float sigma = 0.1f;
  bool diagonal = false;

  int num_candidates() const { return population; }
};

template <class Config, class Visitor>
void visit_fields(Config& c, Visitor&& v) requires same_config<Config, CmaEsConfig> {
  v.field("population", c.population, Bounds{1, 1 << 20},
          "candidates a generation, lambda; the least that is advised for n parameters is 4 + 3 ln "
          "n; divides num_envs, and each has as many environments");
  v.field("sigma", c.sigma, Bounds{1e-6, 1e3}, "standard deviation of each parameter at the start");
  v.field("diagonal", c.diagonal, Bounds{},
          "adapt the variances alone, not the covariances: for many parameters, and faster learnt");
  visit_search_fields(c.search, v);
}

std::vector<std::string> problems(const CmaEsConfig& config, int num_envs);

/// Table 1, with positive weights only. The 1/4 that its later version adds within c_mu is left
/// out. Diagonal: c_1 and c_mu are (n + 2) / 3 times as large.
struct CmaConstants {
  std::int64_t mu = 0;
  torch::Tensor weights;  // (mu), they sum up to 1
  double mueff = 0.0, c_c = 0.0, c_s = 0.0, c_1 = 0.0, c_mu = 0.0, d_s = 0.0;
  double chi = 0.0;  // the mean length of N(0, I)
};
CmaConstants cma_constants(std::int64_t n, std::int64_t lambda, bool diagonal);

class CmaEs final : public Search {
 public:
  static constexpr std::int64_t kMostFull = 4000;  // parameters, 128 MB a matrix

  /// \throws Error when a full matrix would have more than kMostFull rows
  CmaEs(const CmaEsConfig& config, const torch::Tensor& start, std::uint64_t seed);

  torch::Tensor ask(std::int64_t generation) override;
  void tell(const torch::Tensor& scores) override;
  const torch::Tensor& mean() const override { return m_; }
  void set_mean(const torch::Tensor& mean) override { m_ = mean.clone(); }
  std::vector<Scalar> scalars() const override;
  void save(TensorArchive& archive) const override;
  void load(const TensorArchive& archive) override;

  double sigma() const { return sigma_; }
  const torch::Tensor& covariance() const { return C_; }  // (n, n), diagonal: (n)

 private:
  torch::Tensor whitened(const torch::Tensor& y) const;
  void adapt(const torch::Tensor& y, double h);
  void decompose();

  CmaEsConfig config_;
  std::uint64_t seed_;
  CmaConstants k_;
  double sigma_;
  torch::Tensor m_, p_s_, p_c_;  // (n)
  torch::Tensor C_;              // (n, n), diagonal: (n)
  torch::Tensor B_;              // (n, n), undefined where diagonal
  torch::Tensor D_;              // (n), deviations along the columns of B
  torch::Tensor y_;              // (lambda, n), of the last ask
  std::int64_t t_ = 0;           // generations learned from
  std::int64_t decomposed_ = 0;  // the generation whose C is B D^2 B^T
};

}  // namespace kennel
