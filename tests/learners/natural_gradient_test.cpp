// Gradients and natural gradients of networks, each held against the explicit matrix, autograd or
// the linear-quadratic regulator on paper.
#include "src/learners/policy_gradient/natural_gradient.h"

#include <gtest/gtest.h>
#include <torch/autograd.h>

#include <cmath>
#include <tuple>
#include <utility>

#include "kennel/core/check.h"
#include "src/learners/on_policy/value_fit.h"
#include "src/learners/policy_gradient/fisher.h"
#include "src/learners/policy_gradient/reinforce.h"
#include "tests/learners/lqr.h"
#include "tests/learners/random_tensors.h"
#include "tests/rl/point_mass_env.h"

namespace kennel {
namespace {

constexpr EnvSpec kPointMass = {1, 4, 5, 2, 0.1};

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
