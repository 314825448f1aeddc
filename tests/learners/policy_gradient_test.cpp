// What policy gradients are made of, each held against an answer that is known on paper or that
// torch computes the long way.
#include <gmock/gmock.h>
#include <torch/autograd.h>

#include <cmath>
#include <limits>
#include <tuple>
#include <utility>

#include "kennel/core/check.h"
#include "src/learners/on_policy/value_fit.h"
#include "src/learners/policy_gradient/conjugate_gradients.h"
#include "src/learners/policy_gradient/fisher.h"
#include "src/learners/policy_gradient/line_search.h"
#include "src/learners/policy_gradient/natural_gradient.h"
#include "src/learners/policy_gradient/ppo_kl.h"
#include "src/learners/policy_gradient/reinforce.h"
#include "src/learners/policy_gradient/rms_prop.h"
#include "tests/learners/lqr.h"
#include "tests/rl/point_mass_env.h"

namespace kennel {
namespace {

using ::testing::ElementsAre;
using ::testing::Lt;

constexpr EnvSpec kPointMass = {1, 4, 5, 2, 0.1};

torch::Tensor noise(std::uint64_t seed, torch::IntArrayRef sizes,
                    torch::ScalarType type = torch::kFloat32) {
  return torch::randn(sizes, cpu_generator(seed), torch::kFloat64).to(type);
}

double largest_gap(const torch::Tensor& a, const torch::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

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

// ---- networks

NetworkConfig small_network(const std::string& activation, bool symmetric = false) {
  NetworkConfig config;
  config.actor_hidden = {8, 6};
  config.critic_hidden = {6};
  config.activation = activation;
  config.symmetric = symmetric;
  return config;
}

LearnerOps without_parity() {
  LearnerOps ops = cpu_ops();
  ops.by_parity = false;
  ops.rows_a_slice.update = 10;  // several slices of few rows
  return ops;
}

/// Networks with random weights and a batch that they read as it is.
struct Scene {
  LearnerOps ops;
  Mirrors mirrors = PointMassEnv::mirrors();
  WorkerPool pool{2};
  ActorCritic networks;
  LearningRows rows;

  explicit Scene(const NetworkConfig& config, const LearnerOps& with = without_parity(),
                 std::int64_t num_rows = 24)
      : ops(with), networks(kPointMass, config, &mirrors, 1, torch::kCPU, ops) {
    networks.parameters().copy_(noise(21, {networks.parameters().size(0)}) * 0.5);
    networks.refresh();
    rows.batch = {noise(22, {num_rows, 4}),
                  noise(23, {num_rows, 5}),
                  {noise(24, {num_rows, 2}), noise(25, {num_rows}), noise(26, {num_rows}),
                   noise(27, {num_rows}), noise(28, {num_rows})},
                  true};
  }

  torch::Tensor mean(const torch::Tensor& weights, const torch::Tensor& obs) const {
    torch::Tensor y = obs;
    for (const Dense& layer : networks.views(weights).actor) {
      y = y.matmul(layer.weight) + layer.bias;
      if (layer.activation == Activation::kRelu) y = torch::relu(y);
      if (layer.activation == Activation::kElu) y = torch::elu(y);
      if (layer.activation == Activation::kTanh) y = torch::tanh(y);
    }
    return y;
  }

  torch::Tensor weights_of() const {
    torch::Tensor weights = torch::empty({networks.num_weights()});
    const ActorCritic::Views into = networks.views(weights);
    for (const auto& [from, to] :
         {std::pair(&networks.actor(), &into.actor), std::pair(&networks.critic(), &into.critic)})
      for (std::size_t k = 0; k < from->size(); ++k) {
        (*to)[k].weight.copy_((*from)[k].weight);
        (*to)[k].bias.copy_((*from)[k].bias);
      }
    into.log_std.copy_(networks.log_std());
    return weights;
  }

  /// d weights to d free parameters, (num_weights, num_free): what `refresh` does is linear.
  torch::Tensor expansion() const {
    const std::int64_t n = networks.parameters().size(0);
    if (networks.tying().num_dense() == 0) return torch::eye(n);
    torch::Tensor rows_of = torch::empty({n, networks.num_dense()});
    networks.tying().expand(torch::eye(n), rows_of);
    return rows_of.t();
  }

  /// E[J' diag(1 / std^2) J] (+) 2 I, in float64, by autograd through every output.
  torch::Tensor explicit_fisher() const {
    torch::Tensor weights = weights_of().to(torch::kFloat64);
    const std::int64_t n = weights.size(0), rows_n = rows.size();
    weights.requires_grad_();
    const torch::Tensor out = mean(weights, rows.batch.obs.to(torch::kFloat64));
    torch::Tensor F = torch::zeros({n, n}, torch::kFloat64);
    const torch::Tensor variance = (2 * networks.log_std()).exp().to(torch::kFloat64);
    for (std::int64_t r = 0; r < rows_n; ++r)
      for (std::int64_t k = 0; k < 2; ++k) {
        const torch::Tensor j = torch::autograd::grad({out[r][k]}, {weights}, {}, true)[0];
        F += j.outer(j) / variance[k] / static_cast<double>(rows_n);
      }
    for (std::int64_t k = n - 2; k < n; ++k) F[k][k] += 2.0;
    const torch::Tensor S = expansion().to(torch::kFloat64);
    return S.t().mm(F).mm(S);
  }
};

class FisherOf : public ::testing::TestWithParam<std::tuple<const char*, bool>> {};

TEST_P(FisherOf, AVectorIsTheExplicitMatrixTimesIt) {
  const auto [activation, symmetric] = GetParam();
  Scene scene(small_network(activation, symmetric));
  const torch::Tensor F = scene.explicit_fisher();
  Fisher fisher(scene.networks, scene.pool, scene.ops);
  for (const std::uint64_t seed : {31u, 32u}) {
    const torch::Tensor v = noise(seed, {scene.networks.parameters().size(0)});
    const torch::Tensor expected = F.mv(v.to(torch::kFloat64));
    const torch::Tensor got = fisher.times(scene.rows, v);
    EXPECT_LT(largest_gap(got, expected), 1e-5 * expected.abs().max().item<double>());
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, FisherOf,
                         ::testing::Combine(::testing::Values("tanh", "elu", "relu"),
                                            ::testing::Bool()));

NetworkConfig linear_network() {
  NetworkConfig config;
  config.actor_hidden = {};
  config.critic_hidden = {4};
  config.squash_mean = false;
  config.normalise_obs = false;
  return config;
}

TEST(Fisher, OfALinearGaussianIsTheFeaturesSecondMomentOverTheVariance) {
  Scene scene(linear_network());
  const torch::Tensor phi =
      torch::cat({scene.rows.batch.obs, torch::ones({scene.rows.size(), 1})}, 1);
  const torch::Tensor second = phi.t().mm(phi) / static_cast<double>(scene.rows.size());
  const torch::Tensor variance = (2 * scene.networks.log_std()).exp();  // (2)
  Fisher fisher(scene.networks, scene.pool, scene.ops);
  const torch::Tensor v = noise(33, {scene.networks.parameters().size(0)});
  const torch::Tensor got = fisher.times(scene.rows, v);
  // Weight (4, 2), bias (2): the features' rows.
  const torch::Tensor rows_of_v = v.narrow(0, 0, 10).view({5, 2});
  EXPECT_LT(largest_gap(got.narrow(0, 0, 10).view({5, 2}), second.mm(rows_of_v) / variance), 1e-4);
  const std::int64_t n = v.size(0);
  EXPECT_LT(largest_gap(got.narrow(0, n - 2, 2), 2 * v.narrow(0, n - 2, 2)), 1e-6);
  EXPECT_EQ(got.narrow(0, 10, n - 12).abs().max().item<float>(), 0.0f) << "nothing of the critic";
}

TEST(Fisher, RefusesNetworksThatRunByParity) {
  LearnerOps ops = cpu_ops();
  Scene scene(small_network("relu", /*symmetric=*/true), ops);
  EXPECT_THROW(Fisher(scene.networks, scene.pool, scene.ops), Error);
}

TEST(GradientNorms, AreThoseOfEveryRowsOwnGradient) {
  for (const char* activation : {"tanh", "elu"}) {
    Scene scene(small_network(activation));
    NetworkGradient gradient(scene.networks, scene.pool, scene.ops, 1, Learns::kPolicy);
    const torch::Tensor norms = gradient_norms_squared(scene.networks, gradient, scene.rows);
    const torch::Tensor weights = scene.weights_of().requires_grad_();
    for (std::int64_t r = 0; r < scene.rows.size(); ++r) {
      const torch::Tensor mean = scene.mean(weights, scene.rows.batch.obs.narrow(0, r, 1));
      const torch::Tensor log_std = scene.networks.views(weights).log_std;
      const torch::Tensor log_prob =
          log_density({mean, log_std}, scene.rows.batch.samples.action.narrow(0, r, 1));
      const torch::Tensor g = torch::autograd::grad({log_prob.sum()}, {weights})[0];
      const double expected = g.dot(g).item<double>();
      EXPECT_NEAR(norms[r].item<double>(), expected, 1e-4 * expected) << activation << r;
    }
  }
}

TEST(NetworkGradients, OfOneNetworkLeaveTheOtherAlone) {
  Scene scene(small_network("tanh"));
  const SliceWork policy_loss = [](const SlicePass& pass) {
    const Samples samples = pass.rows.samples();
    log_density_gradient(samples.action, samples.advantage, pass.loss);
    pass.loss.sums.zero_();
  };
  const SliceWork critic_loss = [](const SlicePass& pass) {
    torch::Tensor error;
    squared_error(pass.rows.samples().returns, 1.0, pass.loss, error);
    pass.loss.sums.copy_(error.sum());
  };
  torch::Tensor losses = torch::empty({1});
  NetworkGradient policy(scene.networks, scene.pool, scene.ops, 1, Learns::kPolicy);
  const auto of_policy = scene.networks.views(policy.sum(scene.rows, policy_loss, losses));
  EXPECT_GT(of_policy.actor[0].weight.abs().max().item<float>(), 0.0f);
  EXPECT_EQ(of_policy.critic[0].weight.abs().max().item<float>(), 0.0f);
  NetworkGradient critic(scene.networks, scene.pool, scene.ops, 1, Learns::kCritic);
  const auto of_critic = scene.networks.views(critic.sum(scene.rows, critic_loss, losses));
  EXPECT_EQ(of_critic.actor[0].weight.abs().max().item<float>(), 0.0f);
  EXPECT_EQ(of_critic.log_std.abs().max().item<float>(), 0.0f);
  EXPECT_GT(of_critic.critic[0].weight.abs().max().item<float>(), 0.0f);
}

TEST(NaturalGradient, BeforeAnyLineSearchIsAStepOfTheDivergenceThatItIsTold) {
  Scene scene(small_network("tanh"), without_parity(), 400);
  const NaturalGradientConfig config{
      .max_kl = 0.02f, .cg_iterations = 20, .damping = 0.05f, .fisher_stride = 1};
  NaturalGradient natural(scene.networks, config, scene.pool, scene.ops);
  Fisher fisher(scene.networks, scene.pool, scene.ops);
  const NaturalGradient::Step step = natural.step(scene.rows);
  EXPECT_NEAR(0.5 * step.step.dot(fisher.times(scene.rows, step.step)).item<double>(), 0.02, 1e-5);
  EXPECT_GT(step.gradient.dot(step.step).item<float>(), 0.0f) << "uphill";
  EXPECT_EQ(step.failed.item<float>(), 0.0f);
  // A short step's divergence is its quadratic form.
  PolicyMeans means(scene.networks, scene.pool, scene.ops);
  const Gaussians old = means.of(scene.rows);
  scene.networks.parameters().add_(step.step, 0.05);
  scene.networks.refresh();
  EXPECT_NEAR(divergence(old, means.of(scene.rows)).mean().item<double>(), 0.02 * 0.05 * 0.05,
              0.02 * 0.05 * 0.05 * 0.1);
}

TEST(NaturalGradient, StaysWhereItIsWhenNothingIsFinite) {
  Scene scene(small_network("tanh"));
  scene.rows.batch.samples.advantage[3] = NAN;
  NaturalGradient natural(scene.networks, {}, scene.pool, scene.ops);
  const NaturalGradient::Step step = natural.step(scene.rows);
  EXPECT_EQ(step.failed.item<float>(), 1.0f);
  EXPECT_EQ(step.step.abs().max().item<float>(), 0.0f);
}

// ---- the linear-quadratic regulator at K0 = [3, 3]

/// All states that the policy -K0 x comes through from x0 = +-e1, +-e2, each with three actions at
/// the nodes of a Gauss-Hermite quadrature, and their exact advantages. The score times an
/// advantage is a polynomial of degree 3 in the noise; the quadrature is exact up to 5.
struct LqrScene {
  static constexpr EnvSpec kSpec = {1, 2, 2, 1, 0.1};
  static constexpr double kStd = 0.3;
  LearnerOps ops = without_parity();
  WorkerPool pool{2};
  NetworkConfig config = linear_network();
  ActorCritic networks{kSpec, config, nullptr, 1, torch::kCPU, ops};
  torch::Tensor K0 = torch::tensor({{3.0, 3.0}}, torch::kFloat64);
  LearningRows rows;

  LqrScene() {
    ops.rows_a_slice.update = 500;
    networks.parameters().zero_();
    networks.parameters().narrow(0, 0, 2).copy_(-K0[0]);
    networks.parameters().narrow(0, networks.parameters().size(0) - 1, 1).fill_(std::log(kStd));
    networks.refresh();
    const torch::Tensor P = Lqr::P(K0), closed = Lqr::A() - Lqr::B().mm(K0);
    std::vector<torch::Tensor> xs, us, advantages;
    for (const double sign : {1.0, -1.0})
      for (int axis = 0; axis < 2; ++axis) {
        torch::Tensor x = torch::zeros({2, 1}, torch::kFloat64);
        x[axis][0] = sign;
        for (int t = 0; t < 150; ++t, x = closed.mm(x))
          for (const double z : {-std::sqrt(3.0), 0.0, std::sqrt(3.0)}) {
            const torch::Tensor u = -K0.mm(x) + kStd * z;
            const torch::Tensor next = Lqr::A().mm(x) + Lqr::B().mm(u);
            const torch::Tensor Q =
                x.t().mm(Lqr::Q()).mm(x) + Lqr::kR * u * u + next.t().mm(P).mm(next);
            xs.push_back(x.view({1, 2}));
            us.push_back(u.view({1, 1}));
            // The node's weight, and 1/2 for the two signs: E[x0 x0'] = I.
            advantages.push_back((x.t().mm(P).mm(x) - Q).view({1}) * (z == 0 ? 2.0 / 3 : 1.0 / 6) /
                                 2);
          }
      }
    const torch::Tensor x = torch::cat(xs).to(torch::kFloat32);
    const auto M = static_cast<double>(x.size(0));
    const torch::Tensor advantage = (torch::cat(advantages) * M).to(torch::kFloat32);
    const torch::Tensor zero = torch::zeros_like(advantage);
    rows.batch = {x, x, {torch::cat(us).to(torch::kFloat32), zero, advantage, zero, zero}, true};
  }
};

TEST(LqrGradient, OfThePolicyIsTheOneOnPaper) {
  LqrScene scene;
  EXPECT_NEAR(Lqr::cost(scene.K0), 8.32225533, 1e-7);
  NaturalGradient natural(scene.networks, {.fisher_stride = 1}, scene.pool, scene.ops);
  const torch::Tensor g = natural.step(scene.rows).gradient;
  // Of the return by W = -K, and so of the cost by K.
  EXPECT_NEAR(g[0].item<double>(), -1.43577026, 1e-3);
  EXPECT_NEAR(g[1].item<double>(), 0.60170458, 1e-3);
  EXPECT_NEAR(g[2].item<double>(), 0.0, 1e-3) << "no bias: the states are mirror images";
}

TEST(LqrGradient, NaturallyIsParallelToTwiceE) {
  LqrScene scene;
  const NaturalGradientConfig config{
      .max_kl = 1e-4f, .cg_iterations = 20, .damping = 0.0f, .fisher_stride = 1};
  NaturalGradient natural(scene.networks, config, scene.pool, scene.ops);
  torch::Tensor step = natural.step(scene.rows).step.narrow(0, 0, 2).to(torch::kFloat64);
  const torch::Tensor twice_e = torch::tensor({-0.27244582, -0.10385277}, torch::kFloat64);
  EXPECT_GT(step.dot(twice_e).item<double>() / (step.norm() * twice_e.norm()).item<double>(),
            0.99999);
  // The plain gradient is not: its cosine to it is 0.7.
  const torch::Tensor plain = torch::tensor({-1.43577026, 0.60170458}, torch::kFloat64);
  EXPECT_LT(plain.dot(twice_e).item<double>() / (plain.norm() * twice_e.norm()).item<double>(),
            0.8);
}

TEST(LqrGradient, LeadsToACheaperPolicyByANaturalStep) {
  LqrScene scene;
  NaturalGradient natural(scene.networks, {.max_kl = 0.01f, .fisher_stride = 1}, scene.pool,
                          scene.ops);
  const torch::Tensor step = natural.step(scene.rows).step.narrow(0, 0, 2).to(torch::kFloat64);
  const torch::Tensor K = scene.K0 - step.view({1, 2});
  EXPECT_LT(Lqr::cost(K), Lqr::cost(scene.K0) - 0.01);
  EXPECT_NEAR(Lqr::cost(torch::tensor({{9.71186441, 5.55847458}}, torch::kFloat64)), 6.75825044,
              1e-7);
  EXPECT_NEAR(Lqr::cost(torch::tensor({{Lqr::kBestK[0], Lqr::kBestK[1]}}, torch::kFloat64)),
              Lqr::kBestCost, 1e-8);
}

}  // namespace
}  // namespace kennel
