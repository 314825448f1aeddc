// Returns of small tasks under linear policies: their derivatives against paper, difference
// quotients and the environments.
#include "kennel/gradient/small_return.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "envs/small/rows.h"
#include "kennel/gradient/first_order.h"
#include "kennel/sim/make_env.h"
#include "tests/learners/lqr.h"

namespace kennel::small_return_test {
namespace {

using gradient::small_return;
using gradient::SmallReturn;
using ::testing::ElementsAre;

constexpr int kLqrSteps = small::Lqr::kRow.episode_steps;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

small::Draw episode(std::uint64_t index) { return {7, index, 1, 0}; }

std::vector<double> gradient_of(const small::TaskRow& task, std::span<const double> policy,
                                const small::Draw& start, int horizon) {
  const SmallReturn& of = *small_return(task);
  std::vector<double> out(static_cast<std::size_t>(of.num_parameters), kNaN);
  EXPECT_NEAR(of.gradient(policy, start, horizon, out), of.value(policy, start, horizon),
              1e-9 * std::abs(of.value(policy, start, horizon)));
  return out;
}

void expect_quotients(const small::TaskRow& task, std::vector<double> policy, int horizon) {
  constexpr double h = 1e-6;
  for (std::uint64_t index = 0; index < 5; ++index) {
    const small::Draw start = episode(index);
    const std::vector<double> exact = gradient_of(task, policy, start, horizon);
    for (std::size_t k = 0; k < policy.size(); ++k) {
      const double at = policy[k];
      policy[k] = at + h;
      const double above = small_return(task)->value(policy, start, horizon);
      policy[k] = at - h;
      const double below = small_return(task)->value(policy, start, horizon);
      policy[k] = at;
      EXPECT_NEAR(exact[k], (above - below) / (2 * h), 1e-5 * (1 + std::abs(exact[k])))
          << task.name << ", episode " << index << ", parameter " << k;
    }
  }
}

TEST(SmallReturns, HaveTheDerivativesOfDifferenceQuotients) {
  expect_quotients(small::Lqr::kRow, {-3.0, -3.0, 0.2}, kLqrSteps);
  expect_quotients(small::Bandit::kRow, {0.4, -0.7}, 1);
  expect_quotients(small::Pendulum::kRow, {0.3, -0.2, 0.1, 0.05}, 30);
}

// What is differentiated is what the environments do, but for their observations and actions,
// which are float.
TEST(SmallReturns, AreThoseOfTheEnvironments) {
  constexpr int kEnvs = 6, kSteps = 20;
  struct Case {
    const small::TaskRow* task;
    std::vector<double> policy;
  };
  for (const Case& c : {Case{&small::Lqr::kRow, {-3.0, -3.0, 0.2}},
                        Case{&small::Pendulum::kRow, {0.5, -1.0, 0.25, 0.125}}}) {
    EnvOptions options;
    options.num_envs = kEnvs;
    options.seed = 7;
    options.device = "cpu";
    const auto env = make_small_env(*c.task, options);
    env->reset();
    const std::int64_t obs_size = c.task->obs_size();
    const torch::Tensor numbers = torch::tensor(c.policy, torch::kFloat32);
    torch::Tensor sum = torch::zeros({kEnvs}, torch::kFloat64);
    for (int t = 0; t < kSteps; ++t) {
      const torch::Tensor action = env->buffers().obs.mv(numbers.narrow(0, 0, obs_size));
      env->step((action + numbers[obs_size]).view({-1, 1}));
      sum += env->buffers().reward;
    }
    for (std::uint64_t e = 0; e < kEnvs; ++e) {
      const double earned = sum[static_cast<std::int64_t>(e)].item<double>();
      EXPECT_NEAR(small_return(*c.task)->value(c.policy, episode(e), kSteps), earned,
                  1e-4 * std::abs(earned))
          << c.task->name << ' ' << e;
    }
  }
}

// A return from x_0 is -x_0'P x_0, so three episodes tell dP / dK, and its trace is the gradient of
// the mean cost: 2 E Sigma of Fazel et al., lemma 1, at K = [3, 3].
TEST(SmallReturns, OfThreeEpisodesTellTheGradientOfTheRegulatorsMeanCost) {
  const std::vector<double> policy = {-3.0, -3.0, 0.0};
  double squares[3][3], by[3][2];
  for (int e = 0; e < 3; ++e) {
    const small::Draw start = episode(static_cast<std::uint64_t>(e));
    const auto [x, v] = small::Lqr::start(start).x;
    const double row[3] = {x * x, 2 * x * v, v * v};
    std::copy_n(row, 3, squares[e]);
    const std::vector<double> g = gradient_of(small::Lqr::kRow, policy, start, kLqrSteps);
    std::copy_n(g.data(), 2, by[e]);  // by W = -K, of the return: as the cost by K
  }
  const auto det = [](const double(&m)[3][3]) {
    return m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) -
           m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0]) +
           m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0]);
  };
  const double expected[2] = {-1.43577026, 0.60170458};
  for (int k = 0; k < 2; ++k) {
    double trace = 0.0;  // of dP / dK_k, by Cramer's rule
    for (const int column : {0, 2}) {
      double with[3][3];
      std::memcpy(with, squares, sizeof with);
      for (int e = 0; e < 3; ++e) with[e][column] = by[e][k];
      trace += det(with) / det(squares);
    }
    EXPECT_NEAR(trace, expected[k], 1e-6);  // 60 steps leave 2e-7 of it
  }
}

TEST(SmallReturns, HaveThatGradientInTheMeanOverEpisodes) {
  constexpr int kEpisodes = 20000;
  const std::vector<double> policy = {-3.0, -3.0, 0.0};
  double sum[3] = {}, squares[3] = {};
  for (std::uint64_t e = 0; e < kEpisodes; ++e) {
    const std::vector<double> g = gradient_of(small::Lqr::kRow, policy, episode(e), kLqrSteps);
    for (std::size_t k = 0; k < 3; ++k) {
      sum[k] += g[k] / kEpisodes;
      squares[k] += g[k] * g[k] / kEpisodes;
    }
  }
  const double expected[3] = {-1.43577026, 0.60170458, 0.0};
  for (int k = 0; k < 3; ++k) {
    const double error = std::sqrt((squares[k] - sum[k] * sum[k]) / kEpisodes);
    EXPECT_LT(error, 0.05);
    EXPECT_NEAR(sum[k], expected[k], 4 * error) << k;
  }
}

TEST(SmallReturns, HaveNoGradientAtTheBestRegulator) {
  const std::vector<double> best = {-Lqr::kBestK[0], -Lqr::kBestK[1], 0.0};
  for (std::uint64_t e = 0; e < 10; ++e)
    for (const double g : gradient_of(small::Lqr::kRow, best, episode(e), kLqrSteps))
      EXPECT_NEAR(g, 0.0, 1e-6);
}

// d = 1.5, s = 0.5: the pathwise gradient is -2 d = -3 in the mean, its variance 4 s^2 = 1.
TEST(SmallReturns, OfTheBanditHaveThePathwiseGradientAndItsVariance) {
  const auto at = [](std::span<const double> mu) { return std::vector<double>{0.0, mu[0]}; };
  const SmallReturn& of = *small_return(small::Bandit::kRow);
  const gradient::Function f = {1,
                                [&](std::span<const double> mu) { return of.value(at(mu), {}, 1); },
                                [&](std::span<const double> mu, std::span<double> out) {
                                  std::vector<double> by(2);
                                  const double value = of.gradient(at(mu), {}, 1, by);
                                  out[0] = by[1];
                                  return value;
                                }};
  constexpr int kSamples = 20000;
  const double mu[1] = {small::Bandit::c + 1.5};
  const gradient::Moments m = moments(first_order(f, mu, 0.5, kSamples, {3, 0}));
  EXPECT_NEAR(m.mean[0], -3.0, 4 / std::sqrt(kSamples));
  EXPECT_NEAR(m.variance, 1.0, 4 * std::sqrt(2.0 / kSamples));
}

TEST(SmallReturns, HaveNoDerivativeBeyondTheBoundsOfAnAction) {
  EXPECT_THAT(gradient_of(small::Bandit::kRow, std::vector<double>{0.0, 9.0}, {}, 1),
              ElementsAre(0.0, 0.0));
  EXPECT_DOUBLE_EQ(small_return(small::Bandit::kRow)->value(std::vector<double>{0.0, 9.0}, {}, 1),
                   -9.5 * 9.5);  // at the bound, 8
  EXPECT_THAT(gradient_of(small::Bandit::kRow, std::vector<double>{0.0, 7.0}, {}, 1),
              ElementsAre(-17.0, -17.0));
}

TEST(SmallReturns, AreNoNumberWhereAnActionIsNone) {
  std::vector<double> out(2);
  const std::vector<double> policy = {0.0, kNaN};
  EXPECT_TRUE(std::isnan(small_return(small::Bandit::kRow)->value(policy, {}, 1)));
  EXPECT_TRUE(std::isnan(small_return(small::Bandit::kRow)->gradient(policy, {}, 1, out)));
}

TEST(SmallReturns, AreThereForTasksThatAreSmooth) {
  EXPECT_THAT(gradient::differentiable_tasks(), ElementsAre("lqr", "bandit", "pendulum"));
  EXPECT_EQ(small_return(small::Chain::kRow), nullptr);
}

}  // namespace
}  // namespace kennel::small_return_test
