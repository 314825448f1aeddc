#include "src/learners/search/cma_es.h"

#include <algorithm>
#include <cmath>

#include "kennel/core/check.h"

namespace kennel {

std::vector<std::string> problems(const CmaEsConfig& config, int num_envs) {
  std::vector<std::string> found = out_of_bounds("cma_es", config);
  check_candidate("cma_es", config.search, found);
  check_population({"cma_es.population", config.population, 4, 1, 1}, num_envs, found);
  return found;
}

CmaConstants cma_constants(std::int64_t dimensions, std::int64_t lambda, bool diagonal) {
  const auto n = static_cast<double>(dimensions);
  CmaConstants k;
  k.mu = lambda / 2;
  const torch::Tensor rank = torch::arange(1, k.mu + 1, torch::kFloat64);
  k.weights = std::log((static_cast<double>(lambda) + 1.0) / 2.0) - rank.log();
  k.weights /= k.weights.sum();
  k.mueff = 1.0 / k.weights.square().sum().item<double>();
  k.c_c = (4.0 + k.mueff / n) / (n + 4.0 + 2.0 * k.mueff / n);
  k.c_s = (k.mueff + 2.0) / (n + k.mueff + 5.0);
  k.c_1 = 2.0 / ((n + 1.3) * (n + 1.3) + k.mueff);
  k.c_mu = 2.0 * (k.mueff - 2.0 + 1.0 / k.mueff) / ((n + 2.0) * (n + 2.0) + k.mueff);
  if (diagonal) {
    k.c_1 = std::min(1.0, k.c_1 * (n + 2.0) / 3.0);
    k.c_mu *= (n + 2.0) / 3.0;
  }
  k.c_mu = std::min(1.0 - k.c_1, k.c_mu);
  k.d_s = 1.0 + 2.0 * std::max(0.0, std::sqrt((k.mueff - 1.0) / (n + 1.0)) - 1.0) + k.c_s;
  k.chi = std::sqrt(n) * (1.0 - 1.0 / (4.0 * n) + 1.0 / (21.0 * n * n));
  return k;
}

CmaEs::CmaEs(const CmaEsConfig& config, const torch::Tensor& start, std::uint64_t seed)
    : config_(config),
      seed_(seed),
      k_(cma_constants(start.size(0), config.population, config.diagonal)),
      sigma_(config.sigma),
      m_(start.clone()),
      p_s_(torch::zeros_like(start)),
      p_c_(torch::zeros_like(start)),
      D_(torch::ones_like(start)) {
  const std::int64_t n = start.size(0);
  KENNEL_CHECK(config.diagonal || n <= kMostFull, "cma_es.diagonal = false: a covariance of ", n,
               " parameters is too large, at most ", kMostFull,
               " fit; say cma_es.diagonal = true, or take fewer units (cma_es.hidden) or frames "
               "(env.history)");
  C_ = config.diagonal ? torch::ones_like(start) : torch::eye(n, torch::kFloat64);
  if (!config.diagonal) B_ = C_.clone();
}

torch::Tensor CmaEs::ask(std::int64_t generation) {
  const torch::Tensor scaled = search_noise(seed_, generation, config_.population, m_.size(0)) * D_;
  y_ = config_.diagonal ? scaled : scaled.mm(B_.t());
  return m_ + sigma_ * y_;
}

void CmaEs::tell(const torch::Tensor& scores) {
  const torch::Tensor y = y_.index_select(0, best_first(scores).narrow(0, 0, k_.mu));
  const torch::Tensor y_w = y.t().mv(k_.weights);
  m_ = m_ + sigma_ * y_w;
  p_s_ = (1.0 - k_.c_s) * p_s_ + std::sqrt(k_.c_s * (2.0 - k_.c_s) * k_.mueff) * whitened(y_w);
  ++t_;
  const auto n = static_cast<double>(m_.size(0));
  const double length = p_s_.norm().item<double>();
  const double settled = 1.0 - std::pow(1.0 - k_.c_s, 2.0 * static_cast<double>(t_));
  const double h = length / std::sqrt(settled) < (1.4 + 2.0 / (n + 1.0)) * k_.chi ? 1.0 : 0.0;
  p_c_ = (1.0 - k_.c_c) * p_c_ + h * std::sqrt(k_.c_c * (2.0 - k_.c_c) * k_.mueff) * y_w;
  adapt(y, h);
  sigma_ *= std::exp(k_.c_s / k_.d_s * (length / k_.chi - 1.0));
}

// C^(-1/2) y
torch::Tensor CmaEs::whitened(const torch::Tensor& y) const {
  return config_.diagonal ? y / D_ : B_.mv(B_.t().mv(y) / D_);
}

void CmaEs::adapt(const torch::Tensor& y, double h) {
  const double kept = 1.0 - k_.c_1 - k_.c_mu + k_.c_1 * (1.0 - h) * k_.c_c * (2.0 - k_.c_c);
  if (config_.diagonal) {
    C_ = kept * C_ + k_.c_1 * p_c_.square() + k_.c_mu * y.square().t().mv(k_.weights);
    D_ = C_.sqrt();
    return;
  }
  C_ = kept * C_ + k_.c_1 * p_c_.outer(p_c_) + k_.c_mu * y.t().mm(y * k_.weights.unsqueeze(1));
  // Decomposed as often as keeps its time below that of the sums (Hansen, appendix B.2).
  const double lag = 1.0 / ((k_.c_1 + k_.c_mu) * static_cast<double>(m_.size(0)) * 10.0);
  if (static_cast<double>(t_ - decomposed_) >= lag) decompose();
}

void CmaEs::decompose() {
  C_ = (C_ + C_.t()) / 2.0;  // symmetric in every bit
  const auto [values, vectors] = torch::linalg_eigh(C_);
  // Rounding may take the least of them below zero.
  D_ = values.clamp_min(values[-1] * 1e-14).sqrt();
  B_ = vectors.contiguous();
  decomposed_ = t_;
}

std::vector<Scalar> CmaEs::scalars() const {
  return {{"train/sigma", sigma_ * D_.square().mean().sqrt().item<double>()},
          {"train/axis_ratio", (D_.max() / D_.min()).item<double>()}};
}

void CmaEs::save(TensorArchive& archive) const {
  archive.put("search/mean", m_);
  archive.put("search/sigma", torch::tensor({sigma_}, torch::kFloat64));
  archive.put("search/generation", t_);
  archive.put("search/decomposed", decomposed_);
  archive.put("search/p_s", p_s_);
  archive.put("search/p_c", p_c_);
  archive.put("search/C", C_);
  archive.put("search/D", D_);
  if (!config_.diagonal) archive.put("search/B", B_);
}

void CmaEs::load(const TensorArchive& archive) {
  const auto copy = [&](const char* name) { return archive.tensor(name).clone(); };
  KENNEL_CHECK(
      copy("search/C").sizes() == C_.sizes(),
      "the checkpoint's covariance is of another form; use the recipe it was trained with");
  CmaEs read = *this;
  read.m_ = copy("search/mean");
  read.sigma_ = archive.tensor("search/sigma").item<double>();
  read.t_ = archive.number("search/generation");
  read.decomposed_ = archive.number("search/decomposed");
  read.p_s_ = copy("search/p_s");
  read.p_c_ = copy("search/p_c");
  read.C_ = copy("search/C");
  read.D_ = copy("search/D");
  if (!config_.diagonal) read.B_ = copy("search/B");
  *this = read;
}

}  // namespace kennel
