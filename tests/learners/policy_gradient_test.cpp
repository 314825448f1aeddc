// What policy gradients are made of but for networks, each held against an answer that is known on
// paper or that torch computes the long way.
#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "src/learners/policy_gradient/conjugate_gradients.h"
#include "src/learners/policy_gradient/line_search.h"
#include "src/learners/policy_gradient/ppo_kl.h"
#include "src/learners/policy_gradient/reinforce.h"
#include "src/learners/policy_gradient/rms_prop.h"
#include "tests/learners/random_tensors.h"

namespace kennel {
namespace {

using ::testing::ElementsAre;
using ::testing::Lt;

// ---- solvers

TEST(ConjugateGradients, SolveAPositiveDefiniteSystemInAsManyStepsAsItHasUnknowns) {
  constexpr int n = 12;
  const torch::Tensor half = noise(1, {n, n}, torch::kFloat64);
  const torch::Tensor A = half.mm(half.t()) + 0.5 * torch::eye(n, torch::kFloat64);
  const torch::Tensor b = noise(2, {n}, torch::kFloat64);
  const Multiply multiply = [&](const torch::Tensor& v) { return A.mv(v); };
  const torch::Tensor exact = torch::linalg_solve(A, b);
  EXPECT_LT(largest_gap(conjugate_gradients(multiply, b, 2 * n, 1e-12), exact), 1e-7);
  EXPECT_GT(largest_gap(conjugate_gradients(multiply, b, 3), exact), 1e-3);
}

TEST(ConjugateGradients, TakeOneStepWhereAllDirectionsAreAlike) {
  const torch::Tensor b = noise(3, {5}, torch::kFloat64);
  const Multiply multiply = [](const torch::Tensor& v) { return v * 4; };
  EXPECT_LT(largest_gap(conjugate_gradients(multiply, b, 1), b / 4), 1e-14);
  EXPECT_TRUE(torch::equal(conjugate_gradients(multiply, b, 30), b / 4)) << "then stand still";
}

TEST(ConjugateGradients, GiveZeroForZero) {
  const torch::Tensor zero = torch::zeros({4});
  EXPECT_TRUE(torch::equal(
      conjugate_gradients([](const torch::Tensor& v) { return v * 2; }, zero, 10), zero));
}

TEST(LineSearch, StopsAtTheFirstShareThatIsAccepted) {
  std::vector<double> shares;
  const LineSearchResult found =
      line_search({.most_trials = 10, .shrink = 0.5, .max_kl = 0.01}, [&](double share) {
        shares.push_back(share);
        return LineTrial{.improvement = share < 0.6 ? 1.0 : -1.0, .kl = 0.05 * share * share};
      });
  EXPECT_THAT(shares, ElementsAre(1.0, 0.5, 0.25)) << "the second improves, but too far away";
  EXPECT_EQ(found.share, 0.25);
  EXPECT_EQ(found.trials, 3);
  EXPECT_DOUBLE_EQ(found.at.kl, 0.05 / 16);
}

TEST(LineSearch, TakesTheWholeStepAtOnceWhereItMay) {
  int calls = 0;
  const LineSearchResult found = line_search({.max_kl = 0.01}, [&](double) {
    ++calls;
    return LineTrial{1.0, 0.01};
  });
  EXPECT_EQ(found.share, 1.0);
  EXPECT_EQ(calls, 1);
}

TEST(LineSearch, GivesUpAfterItsTrialsWithSharesThatShrinkEachTime) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const LineTrial& never : {LineTrial{-1.0, 0.0}, LineTrial{0.0, 0.0}, LineTrial{1.0, 0.02},
                                 LineTrial{nan, 0.0}, LineTrial{1.0, nan}}) {
    std::vector<double> shares;
    const LineSearchResult found =
        line_search({.most_trials = 4, .shrink = 0.8, .max_kl = 0.01}, [&](double share) {
          shares.push_back(share);
          return never;
        });
    EXPECT_EQ(found.share, 0.0);
    EXPECT_EQ(found.trials, 4);
    ASSERT_EQ(shares.size(), 4u);
    for (std::size_t k = 1; k < shares.size(); ++k) EXPECT_THAT(shares[k], Lt(shares[k - 1]));
  }
}

TEST(RmsProp, TakesTheStepsOfItsEquations) {
  RmsProp optimiser(torch::full({2}, 0.1f), {.decay = 0.9f, .epsilon = 0.5f, .max_grad_norm = 5});
  torch::Tensor x = torch::tensor({1.0f, 2.0f});
  EXPECT_NEAR(optimiser.step(x, torch::tensor({3.0f, -4.0f})).item<float>(), 5.0, 1e-6);
  // v = 0.1 g^2, of weight 0.1
  EXPECT_NEAR(x[0].item<float>(), 1.0 - 0.1 * 3 / std::sqrt(9 + 0.5), 1e-5);
  EXPECT_NEAR(x[1].item<float>(), 2.0 + 0.1 * 4 / std::sqrt(16 + 0.5), 1e-5);
  const torch::Tensor before = x.clone();
  optimiser.step(x, torch::tensor({NAN, 1.0f}));
  EXPECT_TRUE(torch::equal(x, before));
  EXPECT_EQ(optimiser.skipped().item<float>(), 1.0f);
  optimiser.step(x, torch::tensor({0.0f, 0.0f}));
  EXPECT_TRUE(torch::equal(x, before)) << "what was skipped left nothing behind";
  optimiser.step(x, torch::tensor({3.0f, -4.0f}));
  // v = 0.81 0.1 g^2 + 0.1 g^2, of weight 0.271
  EXPECT_NEAR(x[0].item<float>(),
              before[0].item<float>() - 0.1 * 3 / std::sqrt(0.181 * 9 / 0.271 + 0.5), 1e-5);
}

// ---- Gaussian policies

/// Slices to write gradients to.
LossSlice slice_of(const torch::Tensor& mean, const torch::Tensor& log_std) {
  LossSlice slice;
  slice.mean = mean;
  slice.log_std = log_std;
  slice.grad_mean = torch::full_like(mean, NAN);
  slice.grad_log_std = torch::full_like(log_std, NAN);
  return slice;
}

TEST(Gaussians, HaveTheDensityAndDivergenceOfTheBooks) {
  const Gaussians standard{torch::zeros({1, 1}), torch::zeros({1})};
  const Gaussians wide{torch::ones({1, 1}), torch::full({1}, std::log(2.0))};
  EXPECT_NEAR(log_density(wide, torch::full({1, 1}, 3.0)).item<double>(),
              -0.5 - std::log(2.0) - 0.5 * std::log(2 * M_PI), 1e-6);
  // log 2 + (1 + 1) / (2 * 4) - 1/2
  EXPECT_NEAR(divergence(standard, wide).item<double>(), std::log(2.0) - 0.25, 1e-6);
  // -log 2 + (4 + 1) / 2 - 1/2
  EXPECT_NEAR(divergence(wide, standard).item<double>(), -std::log(2.0) + 2.0, 1e-6);
  EXPECT_EQ(divergence(wide, wide).item<double>(), 0.0);
}

/// A batch of a policy with old means and one that has moved away from it.
struct Moved {
  torch::Tensor old_log_std = noise(11, {3}) * 0.2 - 0.5;
  Samples samples;
  torch::Tensor mean, log_std;  // with autograd

  explicit Moved(double by) {
    const std::int64_t rows = 40;
    samples.mean = noise(12, {rows, 3});
    samples.action = samples.mean + noise(13, {rows, 3}) * old_log_std.exp();
    samples.log_prob = log_density({samples.mean, old_log_std}, samples.action);
    samples.advantage = noise(14, {rows});
    samples.returns = samples.value = torch::zeros({rows});
    mean = (samples.mean + by * noise(15, {rows, 3})).requires_grad_();
    log_std = (old_log_std + by * noise(16, {3})).requires_grad_();
  }
};

TEST(PpoKl, HasTheGradientOfAutogradOnItsPenalisedLoss) {
  Moved scene(0.3);
  const double beta = 2.5, scale = 1.0 / 40;
  // Written out anew, from the paper.
  const auto density = [&](const torch::Tensor& mean, const torch::Tensor& log_std) {
    const torch::Tensor z = (scene.samples.action - mean) / log_std.exp();
    return (-0.5 * z * z - log_std - 0.5 * std::log(2 * M_PI)).sum(1);
  };
  const torch::Tensor ratio =
      (density(scene.mean, scene.log_std) - density(scene.samples.mean, scene.old_log_std)).exp();
  const torch::Tensor variance = (2 * scene.log_std).exp();
  const torch::Tensor kl =
      (scene.log_std - scene.old_log_std +
       ((2 * scene.old_log_std).exp() + (scene.samples.mean - scene.mean).pow(2)) / (2 * variance) -
       0.5)
          .sum(1);
  (-(ratio * scene.samples.advantage) + beta * kl).mean().backward();

  LossSlice slice = slice_of(scene.mean.detach(), scene.log_std.detach());
  const torch::Tensor surrogate =
      penalised_loss(scene.samples, scene.old_log_std, torch::full({}, beta), scale, slice);
  EXPECT_LT(largest_gap(slice.grad_mean, scene.mean.grad()), 1e-5);
  EXPECT_LT(largest_gap(slice.grad_log_std, scene.log_std.grad()), 1e-4);
  EXPECT_NEAR(surrogate.item<double>() * scale,
              -(ratio * scene.samples.advantage).mean().item<double>(), 1e-5);
}

TEST(PpoKl, WithARatioOfOneHasThePlainPolicyGradientWhateverBetaIs) {
  const Moved scene(0.0);
  for (const double beta : {0.0, 1.0, 1e4}) {
    LossSlice slice = slice_of(scene.mean.detach(), scene.log_std.detach()), plain = slice;
    plain.grad_mean = torch::empty_like(slice.grad_mean);
    plain.grad_log_std = torch::empty_like(slice.grad_log_std);
    penalised_loss(scene.samples, scene.old_log_std, torch::full({}, beta), 1.0 / 40, slice);
    log_density_gradient(scene.samples.action, scene.samples.advantage / -40, plain);
    EXPECT_LT(largest_gap(slice.grad_mean, plain.grad_mean), 1e-6) << beta;
    EXPECT_LT(largest_gap(slice.grad_log_std, plain.grad_log_std), 1e-6 * (1 + beta)) << beta;
  }
}

TEST(PpoKl, HalvesBetaForShortStepsAndDoublesItForLongOnes) {
  const auto next = [](double beta, double d) {
    return adapted_beta(torch::full({}, beta), torch::full({}, d), 0.01).item<float>();
  };
  EXPECT_EQ(next(1.0, 0.0066), 0.5f);  // below 0.01 / 1.5
  EXPECT_EQ(next(1.0, 0.0067), 1.0f);
  EXPECT_EQ(next(1.0, 0.0149), 1.0f);
  EXPECT_EQ(next(1.0, 0.0151), 2.0f);  // above 1.5 * 0.01
  EXPECT_EQ(next(1e6, 1.0), 1e6f) << "within what float32 holds";
}

TEST(PolicyChange, IsNoneBetweenEqualPoliciesAndTheSurrogatesGainBetweenOthers) {
  const Moved same(0.0), moved(0.2);
  const Gaussians old{same.samples.mean, same.old_log_std};
  const PolicyChange none = policy_change(same.samples, old, old);
  EXPECT_EQ(none.surrogate.item<float>(), 0.0f);
  EXPECT_EQ(none.kl.item<float>(), 0.0f);
  const Gaussians now{moved.mean.detach(), moved.log_std.detach()};
  const PolicyChange change = policy_change(moved.samples, old, now);
  const torch::Tensor ratio =
      (log_density(now, moved.samples.action) - moved.samples.log_prob).exp();
  EXPECT_NEAR(change.surrogate.item<float>(),
              ((ratio - 1) * moved.samples.advantage).mean().item<float>(), 1e-5);
  EXPECT_GT(change.kl.item<float>(), 0.0f);
}

// ---- baselines: r = -(a - c)^2, a = mu + s eps, d = mu - c = 1.5, s = 0.5

/// The bandit at the nodes of a Gauss-Hermite quadrature that is exact for polynomials of degree 7;
/// the estimate's square has 6.
struct Bandit {
  static constexpr double kD = 1.5, kS = 0.5;
  torch::Tensor weight, action, reward;  // (4), (4, 1), (4), c = 0

  Bandit() {
    const double outer = std::sqrt(3 + std::sqrt(6.0)), inner = std::sqrt(3 - std::sqrt(6.0));
    const double w_outer = (3 - std::sqrt(6.0)) / 12, w_inner = (3 + std::sqrt(6.0)) / 12;
    weight = torch::tensor({w_outer, w_inner, w_inner, w_outer}, torch::kFloat64);
    const torch::Tensor eps = torch::tensor({-outer, -inner, inner, outer}, torch::kFloat64);
    action = (kD + kS * eps).unsqueeze(1);
    reward = -(action * action).squeeze(1);
  }

  torch::Tensor score(const torch::Tensor& factor) const {  // (4), factor d log pi / d mu
    LossSlice slice = slice_of(torch::full({4, 1}, kD, torch::kFloat64),
                               torch::full({1}, std::log(kS), torch::kFloat64));
    log_density_gradient(action, factor, slice);
    return slice.grad_mean.squeeze(1);
  }
  double mean(const torch::Tensor& x) const { return (weight * x).sum().item<double>(); }

  /// That the estimate with baseline b is of mean -2 d = -3, and of this variance.
  void expect_variance(double b, double variance) const {
    const torch::Tensor g = score(reward - b);
    EXPECT_NEAR(mean(g), -3.0, 1e-9) << b;
    EXPECT_NEAR(mean(g * g) - 9.0, variance, 1e-9) << b;
  }
};

TEST(Baselines, LeaveTheGradientAsItIsAndHaveTheVariancesOfTheGaussianBandit) {
  const Bandit bandit;
  const double mean = bandit.mean(bandit.reward);
  EXPECT_NEAR(mean, -2.5, 1e-12);  // -(d^2 + s^2)
  const torch::Tensor score = bandit.score(torch::ones({4}, torch::kFloat64));
  // The quadrature's weights stand for how often each action is drawn.
  const double optimal =
      optimal_baseline(bandit.weight * score * score, bandit.reward).item<double>();
  EXPECT_NEAR(optimal, -3.0, 1e-9);  // -(d^2 + 3 s^2)
  bandit.expect_variance(0.0, 55.5);
  bandit.expect_variance(mean, 20.5);
  bandit.expect_variance(optimal, 19.5);
}

}  // namespace
}  // namespace kennel
