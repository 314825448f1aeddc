// The losses on a batch small enough for paper, and their gradients against autograd.
#include "src/learners/ppo/ppo_loss.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "src/learners/ppo/fused_loss.h"

namespace kennel::ppo_loss_test {
namespace {

const double kHalfLogTwoPi = 0.5 * std::log(2 * std::numbers::pi);

TEST(PolicyLoss, OfThreeSamplesIsAsWrittenOutByHand) {
  // One action, mean 0, std 1. With a = 0 the new log_prob is -kHalfLogTwoPi; the old one is set so
  // that the ratio is 1, 1.5 and 0.5. eps = 0.2, advantages 1, 1 and -1:
  //   min(1*1, 1*1) = 1;  min(1.5, 1.2) = 1.2, clipped;  min(-0.5, -0.8) = -0.8, clipped.
  Samples samples;
  samples.action = torch::tensor({{0.5f}, {0.0f}, {0.0f}});
  samples.log_prob = torch::tensor({-0.125 - kHalfLogTwoPi, -kHalfLogTwoPi - std::log(1.5),
                                    -kHalfLogTwoPi - std::log(0.5)})
                         .to(torch::kFloat32);
  samples.advantage = torch::tensor({1.0f, 1.0f, -1.0f});
  torch::Tensor grad_mean = torch::empty({3, 1});
  torch::Tensor grad_log_std = torch::empty({1});
  const PolicyTerms terms{torch::empty({3}), torch::empty({3}), torch::empty({3})};
  policy_loss(samples, torch::zeros({3, 1}), torch::zeros({1}), 0.2, 1.0 / 3, grad_mean,
              grad_log_std, terms);
  EXPECT_TRUE(torch::allclose(terms.surrogate, torch::tensor({-1.0f, -1.2f, 0.8f}), 1e-5, 1e-6));
  EXPECT_TRUE(torch::equal(terms.clipped, torch::tensor({0.0f, 1.0f, 1.0f})));
  // KL = sum of ratio - 1 - log ratio
  EXPECT_NEAR(terms.kl.sum().item<float>(), (0.5 - std::log(1.5)) + (-0.5 - std::log(0.5)), 1e-6);
  // Only the first sample moves: -A ratio (a - mean) / std^2 / 3 and -A ratio (z^2 - 1) / 3.
  EXPECT_NEAR(grad_mean[0][0].item<float>(), -0.5 / 3, 1e-6);
  EXPECT_NEAR(grad_mean[1][0].item<float>(), 0.0, 1e-7);
  EXPECT_NEAR(grad_mean[2][0].item<float>(), 0.0, 1e-7);
  EXPECT_NEAR(grad_log_std[0].item<float>(), 0.75 / 3, 1e-6);
}

TEST(PolicyLoss, HasTheGradientOfAutograd) {
  torch::manual_seed(2);
  const std::int64_t rows = 64, actions = 5;
  Samples samples;
  samples.action = torch::randn({rows, actions});
  samples.advantage = torch::randn({rows});
  torch::Tensor mean = (torch::randn({rows, actions}) * 0.3).requires_grad_();
  torch::Tensor log_std = (torch::randn({actions}) * 0.2).requires_grad_();
  const torch::Tensor z = (samples.action - mean) / log_std.exp();
  const torch::Tensor log_prob =
      (-0.5 * z * z).sum(1) - log_std.sum() - static_cast<double>(actions) * kHalfLogTwoPi;
  samples.log_prob = log_prob.detach() + torch::randn({rows}) * 0.3;
  const torch::Tensor ratio = (log_prob - samples.log_prob).exp();
  const torch::Tensor expected =
      -torch::min(ratio * samples.advantage, ratio.clamp(0.8, 1.2) * samples.advantage).mean();
  expected.backward();

  torch::Tensor grad_mean = torch::empty({rows, actions});
  torch::Tensor grad_log_std = torch::empty({actions});
  const torch::NoGradGuard no_grad;
  const PolicyTerms terms{torch::empty({rows}), torch::empty({rows}), torch::empty({rows})};
  policy_loss(samples, mean, log_std, 0.2, 1.0 / rows, grad_mean, grad_log_std, terms);
  EXPECT_NEAR(terms.surrogate.mean().item<float>(), expected.item<float>(), 1e-5);
  EXPECT_TRUE(torch::allclose(grad_mean, mean.grad(), 1e-4, 1e-6));
  EXPECT_TRUE(torch::allclose(grad_log_std, log_std.grad(), 1e-4, 1e-6));
}

TEST(ValueLoss, OfThreeSamplesIsAsWrittenOutByHand) {
  // eps = 0.2, V_old = 0.  V = 0.1, R = 1: both errors 0.81.  V = 0.5, R = 1: 0.25 and, clipped to
  // 0.2, 0.64, the larger and constant.  V = 0.5, R = 0: 0.25 and 0.04, the plain one counts.
  Samples samples;
  samples.value = torch::zeros({3});
  samples.returns = torch::tensor({1.0f, 1.0f, 0.0f});
  torch::Tensor grad = torch::empty({3});
  const torch::Tensor value = torch::tensor({0.1f, 0.5f, 0.5f});
  torch::Tensor term = torch::empty({3});
  value_loss(samples, value, true, 0.2, 1.0 / 3, grad, term);
  EXPECT_TRUE(torch::allclose(term, torch::tensor({0.81f, 0.64f, 0.25f}), 1e-5, 1e-6));
  EXPECT_TRUE(torch::allclose(grad, torch::tensor({-1.8f / 3, 0.0f, 1.0f / 3}), 1e-5, 1e-6));
  value_loss(samples, value, false, 0.2, 1.0 / 3, grad, term);
  EXPECT_TRUE(torch::allclose(term, torch::tensor({0.81f, 0.25f, 0.25f}), 1e-5, 1e-6));
  EXPECT_TRUE(torch::allclose(grad, torch::tensor({-1.8f / 3, -1.0f / 3, 1.0f / 3}), 1e-5, 1e-6));
}

// V_old + clip(V - V_old) is off by a rounding where nothing is clipped; the gradient must not
// care.
TEST(ValueLoss, KeepsTheGradientOfEveryRowWithinTheTrustRegion) {
  torch::manual_seed(3);
  const std::int64_t rows = 100000;
  Samples samples;
  samples.value = torch::randn({rows}) * 0.01;
  samples.returns = torch::randn({rows}) * 0.01;
  const torch::Tensor value = torch::randn({rows}) * 0.01;
  const torch::Tensor expected = 2 * (value - samples.returns);
  torch::Tensor grad = torch::empty({rows});
  value_loss(samples, value, true, 0.2, 1.0, grad, torch::empty({rows}));
  EXPECT_TRUE(torch::equal(grad, expected));
  torch::Tensor fused_grad = torch::empty({rows, 1});
  fused_value_loss(samples, torch::arange(rows), value.unsqueeze(1), true, 0.2, 1.0, fused_grad);
  EXPECT_TRUE(torch::equal(fused_grad.squeeze(1), expected));
}

TEST(PolicyLoss, OfARatioThatOverflowsIsStoppedAndOfNanIsNot) {
  Samples samples;
  samples.action = torch::zeros({2, 1});
  samples.log_prob = torch::tensor({-1000.0f, 0.0f});
  samples.advantage = torch::tensor({1.0f, NAN});
  torch::Tensor grad_mean = torch::empty({2, 1}), grad_log_std = torch::empty({1});
  const PolicyTerms terms{torch::empty({2}), torch::empty({2}), torch::empty({2})};
  policy_loss(samples, torch::ones({2, 1}), torch::zeros({1}), 0.2, 0.5, grad_mean, grad_log_std,
              terms);
  EXPECT_EQ(grad_mean[0][0].item<float>(), 0.0f);
  EXPECT_TRUE(std::isnan(grad_mean[1][0].item<float>()));
}

}  // namespace
}  // namespace kennel::ppo_loss_test
