// The squeezed Gaussian's density and gradient, against quadrature and autograd.
#include "src/learners/off_policy/tanh_gaussian.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace kennel::tanh_gaussian_test {
namespace {

constexpr LogStdBounds kBounds{-4.0, 1.0};

torch::Tensor doubles(std::vector<double> x) { return torch::tensor(x, torch::kFloat64); }

/// The network's output for one action, so many rows.
torch::Tensor output_of(double mean, double log_std, std::int64_t rows) {
  const double x = std::atanh(2 * (log_std - kBounds.low) / (kBounds.high - kBounds.low) - 1);
  return doubles({mean, x}).expand({rows, 2});
}

/// Midpoints of an even grid, (cells, 1).
torch::Tensor grid(double from, double to, std::int64_t cells) {
  return (torch::arange(cells, torch::kFloat64) + 0.5)
      .mul((to - from) / static_cast<double>(cells))
      .add(from)
      .unsqueeze(1);
}

/// The density's logarithm at actions (rows, 1).
torch::Tensor log_density(const torch::Tensor& action, double mean, double log_std) {
  const torch::Tensor eps = (action.atanh() - mean) / std::exp(log_std);
  const TanhSample at = tanh_sample(output_of(mean, log_std, action.size(0)), eps, kBounds);
  EXPECT_LT((at.action - action).abs().max().item<double>(), 1e-9);
  return at.log_prob;
}

class TanhGaussian : public ::testing::TestWithParam<std::pair<double, double>> {};

TEST_P(TanhGaussian, HasADensityThatIntegratesToOne) {
  const auto [mean, log_std] = GetParam();
  constexpr std::int64_t kCells = 2000000;
  const torch::Tensor p = log_density(grid(-1, 1, kCells), mean, log_std).exp();
  EXPECT_NEAR(p.sum().item<double>() * 2 / kCells, 1.0, 1e-5);
}

// As the expectation of -log p over the noise, and as -int p log p over the actions.
TEST_P(TanhGaussian, HasTheEntropyOfItsDensity) {
  const auto [mean, log_std] = GetParam();
  constexpr std::int64_t kCells = 2000000, kNoises = 20000;
  const torch::Tensor log_p = log_density(grid(-1, 1, kCells), mean, log_std);
  const double by_action = -(log_p.exp() * log_p).sum().item<double>() * 2 / kCells;
  const torch::Tensor eps = grid(-9, 9, kNoises);
  const torch::Tensor weight =
      (eps * eps * -0.5).exp().squeeze(1) * (18.0 / kNoises / std::sqrt(2 * std::numbers::pi));
  const TanhSample drawn = tanh_sample(output_of(mean, log_std, kNoises), eps, kBounds);
  EXPECT_NEAR(-(weight * drawn.log_prob).sum().item<double>(), by_action, 1e-3);
}

INSTANTIATE_TEST_SUITE_P(Shapes, TanhGaussian,
                         ::testing::Values(std::pair{0.0, -1.0}, std::pair{0.4, -0.5},
                                           std::pair{-1.2, -2.0}, std::pair{0.1, 0.3}));

TEST(TanhGaussianGradient, IsAutogradsOfActionsAndLogProbabilities) {
  torch::manual_seed(1);
  const auto options = torch::TensorOptions(torch::kFloat64);
  torch::Tensor output = torch::randn({7, 6}, options).set_requires_grad(true);
  const torch::Tensor eps = torch::randn({7, 3}, options),
                      by_action = torch::randn({7, 3}, options);
  const torch::Tensor by_log_prob = torch::full({}, 0.37, options);
  const TanhSample drawn = tanh_sample(output, eps, kBounds);
  ((drawn.action * by_action).sum() + by_log_prob * drawn.log_prob.sum()).backward();
  const torch::NoGradGuard no_grad;
  const torch::Tensor own =
      tanh_sample_gradient(tanh_sample(output, eps, kBounds), eps, by_action, by_log_prob, kBounds);
  EXPECT_TRUE(own.allclose(output.grad(), 1e-9, 1e-12));
}

TEST(TanhGaussian, StaysFiniteWhereTanhIsOneInFloat) {
  const torch::Tensor output = torch::tensor({{30.0f, 0.0f}, {-30.0f, 0.0f}});
  const torch::Tensor eps = torch::zeros({2, 1});
  const TanhSample drawn = tanh_sample(output, eps, kBounds);
  EXPECT_TRUE(drawn.log_prob.isfinite().all().item<bool>());
  // log(1 - tanh(30)^2) = 2 log 2 - 60 to 1e-26
  const double log_std = -1.5;
  EXPECT_NEAR(drawn.log_prob[0].item<double>(),
              -log_std - 0.5 * std::log(2 * std::numbers::pi) - 2 * std::numbers::ln2 + 60, 1e-4);
}

}  // namespace
}  // namespace kennel::tanh_gaussian_test
