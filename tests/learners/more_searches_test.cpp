// The searches by finite differences, weight perturbation, reward-weighted regression, path
// integrals and PoWER: their pieces against answers worked out on paper.
#include <gmock/gmock.h>

#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "src/learners/search/fd.h"
#include "src/learners/search/pi2.h"
#include "src/learners/search/power.h"
#include "src/learners/search/rwr.h"
#include "src/learners/search/wp.h"

namespace kennel::more_searches_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

torch::Tensor numbers(std::vector<double> values) { return torch::tensor(values, torch::kFloat64); }

torch::Tensor full(std::int64_t n, double value) {
  return torch::full({n}, value, torch::kFloat64);
}

/// How far apart the numbers are that are farthest.
double error(const torch::Tensor& one, const torch::Tensor& other) {
  return (one - other).abs().max().item<double>();
}

// --- finite differences

TEST(Fd, FindsAllOfALinearFunctionsGradientWhateverTheSpread) {
  const torch::Tensor g = numbers({1, -2, 3, 0.5, 0, -1});
  for (const double sigma : {1e-3, 1.0, 50.0}) {
    const torch::Tensor E = sigma * search_noise(3, 0, 9, 6);
    const torch::Tensor dJ = (E.mv(g) - (-E).mv(g)) / 2;
    EXPECT_LT(error(regression_gradient(E, dJ), g), 1e-12) << sigma;
  }
}

// f = c + b.x + x'A x / 2 has (f(x + e) - f(x - e)) / 2 = (b + A x).e for steps of any length. A
// difference to f(x) alone would hold e'A e / 2 too.
TEST(Fd, FindsAQuadraticsGradientExactlyFromPairs) {
  const std::int64_t n = 5;
  const torch::Tensor any = search_noise(4, 0, n, n), A = any + any.t();
  const torch::Tensor b = numbers({2, -1, 0, 4, 1}), x = numbers({1, 1, -2, 0.5, 3});
  const auto f = [&](const torch::Tensor& at) {
    return 7.0 + at.mv(b) + (at.mm(A) * at).sum(1) / 2;
  };
  const torch::Tensor E = 3.0 * search_noise(5, 0, 8, n);
  const torch::Tensor dJ = (f(x + E) - f(x - E)) / 2;
  EXPECT_LT(error(regression_gradient(E, dJ), b + A.mv(x)), 1e-10);
}

// The directions 3 e_0 and 2 e_2 show the gradient (1, -2, 3, 0.5, 4) its entries 0 and 2.
TEST(Fd, SeesTheGradientsProjectionWherePairsAreFew) {
  const torch::Tensor g = numbers({1, -2, 3, 0.5, 4});
  const torch::Tensor axes = torch::stack({numbers({3, 0, 0, 0, 0}), numbers({0, 0, 2, 0, 0})});
  EXPECT_LT(error(regression_gradient(axes, axes.mv(g)), numbers({1, 0, 3, 0, 0})), 1e-13);
  const torch::Tensor E = search_noise(6, 0, 3, 5);
  const torch::Tensor basis = std::get<0>(torch::linalg_qr(E.t()));  // (5, 3), orthonormal
  const torch::Tensor projected = basis.mv(basis.t().mv(g));
  EXPECT_GT(error(projected, g), 0.1);
  EXPECT_LT(error(regression_gradient(E, E.mv(g)), projected), 1e-12);
}

TEST(Fd, TakesAStepOfTheGivenLengthAlongTheGradient) {
  const torch::Tensor start = full(4, 2.0), g = numbers({3, 0, -4, 0});
  Fd fd({.num_pairs = 6, .sigma = 0.5f, .step_size = 0.25f}, start, 1);
  const torch::Tensor candidates = fd.ask(0);
  EXPECT_LT(error(candidates.narrow(0, 0, 6) + candidates.narrow(0, 6, 6), full(4, 4.0)), 1e-12);
  fd.tell(candidates.mv(g));
  EXPECT_LT(error(fd.mean(), start + numbers({0.15, 0, -0.2, 0})), 1e-12);
  EXPECT_NEAR(fd.scalars()[0].second, 5.0, 1e-12);
}

// --- weight perturbation

// The mean of 3 and 1 is 2: (1 z_1 - 1 z_2) / ((2 - 1) 0.5), z_1 = (1, 0), z_2 = (0, 2).
TEST(Wp, HasTheGradientThatIsWorkedOutByHandForTwoCandidates) {
  const torch::Tensor z = torch::stack({numbers({1, 0}), numbers({0, 2})});
  EXPECT_TRUE(weight_perturbation_gradient(z, numbers({3, 1}), 0.5).equal(numbers({2, -4})));
}

// f = -|x - c|^2 smoothed has the gradient -2 (x - c) for any sigma. Few candidates: a factor N
// in the place of N - 1 would take a quarter off.
TEST(Wp, EstimatesAQuadraticsGradientWithoutBias) {
  const std::int64_t n = 3, N = 4, repeats = 20000;
  const double sigma = 0.5;
  const torch::Tensor d = numbers({1, -2, 0.5});
  torch::Tensor each = torch::empty({repeats, n}, torch::kFloat64);
  const torch::Tensor noise = search_noise(8, 0, repeats * N, n).view({repeats, N, n});
  for (std::int64_t k = 0; k < repeats; ++k) {
    const torch::Tensor z = noise[k];
    const torch::Tensor scores = -(d + sigma * z).square().sum(1);
    each[k] = weight_perturbation_gradient(z, scores, sigma);
  }
  const torch::Tensor standard_error =
      each.std(0, /*unbiased=*/true) / std::sqrt(static_cast<double>(repeats));
  EXPECT_LT(standard_error.max().item<double>(), 0.05);
  EXPECT_LT(((each.mean(0) + 2 * d) / standard_error).abs().max().item<double>(), 4.0);
}

// Of two scores the deviations are 1 and -1 standard deviations: the step is
// learning_rate sigma^2 (z_1 - z_2) / sigma = learning_rate (x_1 - x_2), the better one first.
TEST(Wp, GoesFromTheWorseToTheBetterOfTwo) {
  Wp wp({.population = 2, .sigma = 0.5f, .learning_rate = 0.25f}, full(3, 1.0), 7);
  const torch::Tensor x = wp.ask(0).clone();
  wp.tell(numbers({-3, 8}));
  EXPECT_LT(error(wp.mean(), full(3, 1.0) + 0.25 * (x[1] - x[0])), 1e-14);
}

// --- reward-weighted regression

TEST(Rwr, FindsTheTemperatureThatMakesTheWeightsWorthSoMany) {
  const torch::Tensor scores = search_noise(2, 0, 1, 40)[0];
  for (const double scale : {1e-6, 1.0, 1e6})
    for (const double effective : {1.5, 8.0, 20.0, 39.0}) {
      const torch::Tensor R = scale * scores - 3.0 * scale;
      const RewardWeights found = reward_weights(R, effective);
      EXPECT_NEAR(effective_sample_size(found.weights), effective, 1e-6);
      EXPECT_LT(error(found.weights, (found.beta * (R - R.max())).exp()), 1e-12);
      EXPECT_EQ(found.weights.max().item<double>(), 1.0);
    }
  EXPECT_DOUBLE_EQ(effective_sample_size(numbers({1, 0.5, 0.25})), 7.0 / 3.0);
}

// Two share the best score: no temperature makes them worth fewer than two.
TEST(Rwr, WeighsTheBestAloneWhereMoreOfThemAreEqualThanItWants) {
  EXPECT_TRUE(
      reward_weights(numbers({5, -1, 5, 2, 0}), 1.5).weights.equal(numbers({1, 0, 1, 0, 0})));
}

// Scores 0, -ln 2, -2 ln 2 have the weights 1, 1/2, 1/4 at beta = 1, worth (7/4)^2 / (21/16) = 7/3
// of 3. The mean is (4 x_1 + 2 x_2 + x_3) / 7, the variance that about it, not below 0.7^2.
TEST(Rwr, RefitsMeanAndVarianceAsWorkedOutByHandForThreeCandidates) {
  Rwr rwr({.population = 3, .effective_share = 7.0f / 9, .init_std = 1.0f, .min_std = 0.7f},
          full(12, 2.0), 5);
  const torch::Tensor x = rwr.ask(0).clone();
  const double ln2 = std::log(2.0);
  rwr.tell(numbers({-ln2, 0, -2 * ln2}));
  // The share is a float, so that beta is 1 to its precision alone.
  const double tolerance = 1e-5;
  const torch::Tensor mean = (2 * x[0] + 4 * x[1] + x[2]) / 7;
  EXPECT_LT(error(rwr.mean(), mean), tolerance);
  const torch::Tensor variance =
      (2 * (x[0] - mean).square() + 4 * (x[1] - mean).square() + (x[2] - mean).square()) / 7;
  const double least = std::pow(static_cast<double>(0.7f), 2);
  EXPECT_TRUE((variance < least).any().item<bool>());
  EXPECT_TRUE((variance > least).any().item<bool>());
  EXPECT_LT(error(rwr.variance(), variance.clamp_min(least)), tolerance);
}

// --- path integrals

// Scores 0, 5, 10 and h = 10: exp(0), exp(5), exp(10) over their sum.
TEST(Pi2, WeighsThreeScoresAsWorkedOutByHand) {
  const double worst = std::exp(-10.0), middle = std::exp(-5.0), sum = 1 + middle + worst;
  EXPECT_LT(error(path_integral_weights(numbers({10, 0, 5}), 10.0),
                  numbers({1 / sum, worst / sum, middle / sum})),
            1e-14);
}

TEST(Pi2, WeighsScoresAlikeInAnyUnitAndFromAnyZero) {
  const torch::Tensor scores = numbers({3, -1, 4, 1.5, -5});
  const torch::Tensor weights = path_integral_weights(scores, 10.0);
  EXPECT_LT(error(path_integral_weights(1000 * scores - 77, 10.0), weights), 1e-12);
  EXPECT_LT(error(path_integral_weights(0.001 * scores + 2, 10.0), weights), 1e-12);
  EXPECT_GT(error(path_integral_weights(scores, 5.0), weights), 0.01);
}

TEST(Pi2, MovesToTheWeightedMeanAndTriesTheBestAgainAmongNarrowerOnes) {
  const std::uint64_t seed = 9;
  Pi2 pi2({.population = 4, .reuse = 2, .init_std = 1.0f, .std_decay = 0.5f, .min_std = 0.375f},
          full(3, 1.0), seed);
  const torch::Tensor x = pi2.ask(0).clone();
  const torch::Tensor scores = numbers({2, 8, -2, 3});
  pi2.tell(scores);
  const torch::Tensor P = path_integral_weights(scores, 10.0);
  const torch::Tensor mean = P[0] * x[0] + P[1] * x[1] + P[2] * x[2] + P[3] * x[3];
  EXPECT_LT(error(pi2.mean(), mean), 1e-14);
  const torch::Tensor next = pi2.ask(1).clone();
  ASSERT_EQ(next.size(0), 4);
  EXPECT_TRUE(next[0].equal(x[1]));
  EXPECT_TRUE(next[1].equal(x[3]));
  EXPECT_LT(error(next.narrow(0, 2, 2), mean + 0.5 * search_noise(seed, 1, 2, 3)), 1e-14);
  pi2.tell(scores);
  EXPECT_EQ(pi2.scalars()[0].second, 0.375);  // not 0.25
}

// --- PoWER

torch::Tensor within(const torch::Tensor& variance, double least, double most) {
  return variance.clamp(least * least, most * most);
}

// The first generation scores 4, 1, 3: Q = 3, 0, 2. The second scores 3.5, 10, 0, and with the
// first's 4 the best three are 10, 4, 3.5: Q = 6.5, 0.5, 0.
TEST(Power, LearnsFromTheBestOfBothGenerationsAsWorkedOutByHand) {
  const torch::Tensor start = full(6, 1.0);
  Power power({.population = 3, .reuse = 3, .init_std = 1.0f, .min_std = 0.5f}, start, 3);
  const torch::Tensor x = power.ask(0).clone();
  power.tell(numbers({4, 1, 3}));
  const torch::Tensor first = (3 * x[0] + 2 * x[2]) / 5;
  EXPECT_LT(error(power.mean(), first), 1e-14);
  const torch::Tensor variance = (3 * (x[0] - start).square() + 2 * (x[2] - start).square()) / 5;
  EXPECT_LT(error(power.variance(), within(variance, 0.5, 1.0)), 1e-14);
  const torch::Tensor y = power.ask(1).clone();
  power.tell(numbers({3.5, 10, 0}));
  EXPECT_LT(error(power.mean(), (6.5 * y[1] + 0.5 * x[0]) / 7), 1e-14);
  const torch::Tensor later = (6.5 * (y[1] - first).square() + 0.5 * (x[0] - first).square()) / 7;
  EXPECT_LT(error(power.variance(), within(later, 0.5, 1.0)), 1e-14);
  EXPECT_TRUE(power.history().scores.equal(numbers({10, 4, 3.5})));
  EXPECT_TRUE(power.history().x.equal(torch::stack({y[1], x[0], y[0]})));
}

TEST(Power, LearnsFromOneCandidateAGenerationByComparingItWithThePast) {
  Power power({.population = 1, .reuse = 2}, full(3, 0.0), 4);
  const torch::Tensor x = power.ask(0).clone();
  power.tell(numbers({2}));
  EXPECT_TRUE(power.mean().equal(full(3, 0.0)));  // there is nothing to compare it with
  power.ask(1);
  power.tell(numbers({-6}));
  EXPECT_LT(error(power.mean(), x[0]), 1e-14);
}

TEST(Power, ForgetsThePastWhereItIsSentElsewhere) {
  Power power({.population = 4}, full(3, 0.0), 4);
  power.ask(0);
  power.tell(numbers({1, 2, 3, 1e6}));
  power.set_mean(full(3, 50.0));
  power.ask(1);
  power.tell(numbers({4, 3, 2, 1}));
  EXPECT_LT(error(power.mean(), full(3, 50.0)), 2.0);
}

// --- all of them

struct Method {
  const char* name;
  std::function<std::unique_ptr<Search>(const torch::Tensor& start)> make;
  int generations;
  double left;  // of the ill-scaled quadratic's value at the start
};

void PrintTo(const Method& method, std::ostream* out) { *out << method.name; }

constexpr std::uint64_t kSeed = 11;

std::vector<Method> methods() {
  const auto make = []<class S>(std::type_identity<S>, auto config) {
    return [config](const torch::Tensor& start) -> std::unique_ptr<Search> {
      return std::make_unique<S>(config, start, kSeed);
    };
  };
  return {
      {"fd",
       make(std::type_identity<Fd>(), FdConfig{.num_pairs = 20, .sigma = 0.1f, .step_size = 0.05f}),
       300, 5e-4},
      {"wp",
       make(std::type_identity<Wp>(),
            WpConfig{.population = 40, .sigma = 0.1f, .learning_rate = 0.5f}),
       300, 2e-3},
      {"rwr",
       make(std::type_identity<Rwr>(),
            RwrConfig{
                .population = 60, .effective_share = 0.25f, .init_std = 1.0f, .min_std = 0.02f}),
       300, 5e-5},
      {"pi2",
       make(std::type_identity<Pi2>(),
            Pi2Config{.population = 40, .reuse = 8, .init_std = 0.5f, .min_std = 0.02f}),
       300, 2e-5},
      {"power",
       make(std::type_identity<Power>(),
            PowerConfig{.population = 40, .init_std = 0.5f, .min_std = 0.02f}),
       300, 2e-5},
  };
}

class MoreSearches : public ::testing::TestWithParam<Method> {};

// sum 10^(2 i / 7) (x_i - c_i)^2: a hundred times as steep along the last axis as along the first.
TEST_P(MoreSearches, FindTheOptimumOfAnIllScaledQuadratic) {
  const torch::Tensor c = torch::linspace(-1.0, 1.5, 8, torch::kFloat64);
  const torch::Tensor scale = torch::pow(10.0, torch::arange(8, torch::kFloat64) * (2.0 / 7));
  const auto score = [&](const torch::Tensor& x) { return -((x - c).square() * scale).sum(1); };
  const auto search = GetParam().make(full(8, 0.0));
  const double before = score(search->mean().unsqueeze(0)).item<double>();
  for (int t = 0; t < GetParam().generations; ++t) search->tell(score(search->ask(t)));
  EXPECT_LT(score(search->mean().unsqueeze(0)).item<double>() / before, GetParam().left);
}

TEST_P(MoreSearches, LearnNothingWhereAllScoresAreEqual) {
  const torch::Tensor start = full(8, 0.3);
  const auto search = GetParam().make(start);
  const std::vector<Scalar> before = search->scalars();
  const std::int64_t population = search->ask(0).size(0);
  search->tell(full(population, 0.1));
  EXPECT_TRUE(search->mean().equal(start));
  EXPECT_EQ(search->scalars(), before);
}

// Scores in another unit: all of these take the same way, to rounding.
TEST_P(MoreSearches, GoTheSameWayInAnyUnitOfTheScore) {
  const auto one = GetParam().make(full(8, 0.0)), other = GetParam().make(full(8, 0.0));
  for (int t = 0; t < 5; ++t) {
    const torch::Tensor scores = -(one->ask(t) - 1.0).square().sum(1);
    other->ask(t);
    one->tell(scores);
    other->tell(1024.0 * scores);
  }
  EXPECT_GT(error(one->mean(), full(8, 0.0)), 1e-3);
  EXPECT_LT(error(one->mean(), other->mean()), 1e-8);
}

INSTANTIATE_TEST_SUITE_P(Methods, MoreSearches, ::testing::ValuesIn(methods()),
                         [](const auto& method) { return std::string(method.param.name); });

TEST(MoreSearchConfigs, AreRefusedWithWhatFits) {
  EXPECT_THAT(problems(FdConfig{.num_pairs = 60}, 128),
              ElementsAre("fd.num_pairs = 60 asks for 120 candidates, which do not divide num_envs "
                          "= 128; try 32 or 64"));
  EXPECT_THAT(problems(WpConfig{.population = 1}, 128),
              ElementsAre("wp.population = 1 is fewer than the 2 that it takes; try 2"));
  EXPECT_THAT(problems(RwrConfig{.population = 2}, 128),
              ElementsAre("rwr.population = 2 is fewer than the 3 that it takes; try 4"));
  EXPECT_THAT(
      problems(RwrConfig{.population = 64, .effective_share = 0.02f}, 128),
      ElementsAre(
          "rwr.effective_share = 0.02 of 64 candidates is worth fewer than two; try 0.032"));
  EXPECT_THAT(problems(RwrConfig{.population = 64, .effective_share = 0.032f}, 128), IsEmpty());
  EXPECT_THAT(problems(RwrConfig{.init_std = 0.2f, .min_std = 0.3f}, 256),
              ElementsAre("rwr.min_std = 0.3 is above init_std = 0.2"));
  EXPECT_THAT(problems(Pi2Config{.population = 1, .reuse = 0}, 128),
              ElementsAre("pi2.population = 1 is fewer than the 2 that it takes; try 2"));
  EXPECT_THAT(problems(Pi2Config{.population = 16, .reuse = 16}, 128),
              ElementsAre("pi2.reuse = 16 of 16 candidates leaves no new one; try 2"));
  EXPECT_THAT(problems(PowerConfig{.population = 1}, 128), IsEmpty());
  EXPECT_THAT(problems(PowerConfig{.population = 48}, 128),
              ElementsAre("power.population = 48 asks for 48 candidates, which do not divide "
                          "num_envs = 128; try 32 or 64"));
}

}  // namespace
}  // namespace kennel::more_searches_test
