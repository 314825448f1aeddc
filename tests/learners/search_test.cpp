// The searches on plain functions, and their pieces against answers worked out on paper.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "kennel/core/check.h"
#include "kennel/rl/tensor_archive.h"
#include "src/learners/search/ars.h"
#include "src/learners/search/cem.h"
#include "src/learners/search/cma_es.h"
#include "src/learners/search/es.h"
#include "src/learners/search/fd.h"
#include "src/learners/search/pi2.h"
#include "src/learners/search/power.h"
#include "src/learners/search/rwr.h"
#include "src/learners/search/wp.h"

namespace kennel::search_test {
namespace {

using Function = std::function<torch::Tensor(const torch::Tensor&)>;  // (rows, n) -> (rows)

torch::Tensor numbers(std::vector<double> values) { return torch::tensor(values, torch::kFloat64); }

torch::Tensor full(std::int64_t n, double value) {
  return torch::full({n}, value, torch::kFloat64);
}

torch::Tensor sphere(const torch::Tensor& x) { return x.square().sum(1); }

/// sum 10^(6 i / (n - 1)) x_i^2
torch::Tensor ellipsoid(const torch::Tensor& x) {
  const std::int64_t n = x.size(1);
  const torch::Tensor i = torch::arange(n, torch::kFloat64) / static_cast<double>(n - 1);
  return (torch::pow(1e6, i) * x.square()).sum(1);
}

// --- evolution strategies

TEST(Es, RanksLieEvenlyFromTheWorstToTheBestAndEqualScoresShareTheirs) {
  EXPECT_TRUE(centred_ranks(numbers({3, -1, 10})).equal(numbers({0, -0.5, 0.5})));
  EXPECT_TRUE(
      centred_ranks(numbers({2, 5, 2, 7, 9})).equal(numbers({-0.375, 0, -0.375, 0.25, 0.5})));
  EXPECT_TRUE(centred_ranks(numbers({4, 4, 4})).equal(numbers({0, 0, 0})));
}

TEST(Es, TakesTheSameStepBitForBitUnderAnyMonotoneChangeOfTheScores) {
  const torch::Tensor start = full(7, 0.5);
  Es plain({.population = 20}, start, 1), changed({.population = 20}, start, 1);
  for (int t = 0; t < 5; ++t) {
    const torch::Tensor scores = -sphere(plain.ask(t));
    changed.ask(t);
    plain.tell(scores);
    changed.tell((scores * 0.25).exp() * 1000.0 - 3.0);
  }
  EXPECT_TRUE(plain.mean().equal(changed.mean()));
  EXPECT_FALSE(plain.mean().equal(start));
}

// f = g.x: (f+ - f-) / (2 sigma) = g.eps whatever sigma, and orthogonal eps of length sqrt(n), n of
// them, have 1/n sum eps eps^T = I.
TEST(Es, EstimatesALinearFunctionsGradientExactlyWhateverTheSpread) {
  const std::int64_t n = 6;
  const torch::Tensor g = numbers({1, -2, 3, 0.5, 0, -1});
  const torch::Tensor any = search_noise(3, 0, n, n);
  const torch::Tensor eps = std::get<0>(torch::linalg_qr(any)) * std::sqrt(static_cast<double>(n));
  for (const double sigma : {1e-3, 1.0, 50.0}) {
    const torch::Tensor estimate =
        antithetic_gradient(eps, (sigma * eps).mv(g), (-sigma * eps).mv(g), sigma);
    EXPECT_LT((estimate - g).abs().max().item<double>(), 1e-12) << sigma;
  }
}

// f = -|x - c|^2, d = x - c: one pair estimates -2 (d.eps) eps, of mean -2 d and of covariance
// trace E|.|^2 - |2 d|^2 = 4 |d|^2 (n + 2) - 4 |d|^2 = 4 |d|^2 (n + 1), for every sigma.
TEST(Es, EstimatesAQuadraticsGradientWithoutBiasAndWithTheKnownVariance) {
  const std::int64_t n = 10, pairs = 200000;
  const double sigma = 0.7;
  const torch::Tensor d = torch::linspace(-1.0, 2.0, n, torch::kFloat64);
  const double d2 = d.square().sum().item<double>();
  const torch::Tensor eps = search_noise(5, 0, pairs, n);
  const auto f = [&](const torch::Tensor& offset) { return -sphere(d + offset); };
  const torch::Tensor plus = f(sigma * eps), minus = f(-sigma * eps);
  const torch::Tensor each = eps * ((plus - minus) / (2 * sigma)).unsqueeze(1);
  const double trace = 4 * d2 * (n + 1);
  // The mean of all: its squared error is trace / pairs on average; three times as much is far out.
  const torch::Tensor mean = antithetic_gradient(eps, plus, minus, sigma);
  EXPECT_TRUE(torch::allclose(mean, each.mean(0)));
  EXPECT_LT((mean + 2 * d).square().sum().item<double>(), 3 * trace / pairs);
  // |.|^2 of a pair is 4 |d|^2 chi^2_1 (chi^2_1 + chi^2_(n-1)); its deviation is some three times
  // its mean at most, so that five deviations of the mean of all are 5 * 3 / sqrt(pairs) of it.
  const double measured = (each + 2 * d).square().sum(1).mean().item<double>();
  EXPECT_NEAR(measured / trace, 1.0, 15.0 / std::sqrt(static_cast<double>(pairs)));
}

// --- augmented random search

// Directions 1 and 3 are kept (greatest scores 4 and 9, direction 2 has 2). Their scores 4 2 1 9
// have mean 4 and variance (0 + 4 + 9 + 25) / 4 = 9.5.
//   step = 0.5 / (2 sqrt(9.5)) ((4 - 2) (1, 0) + (1 - 9) (1, 1)) = 0.5 / (2 sqrt(9.5)) (-6, -8)
TEST(Ars, TakesTheStepThatIsWorkedOutByHandForThreeDirections) {
  const torch::Tensor delta = torch::stack({numbers({1, 0}), numbers({0, 1}), numbers({1, 1})});
  const ArsStep step =
      ars_step(delta, numbers({4, 2, 1}), numbers({2, 1, 9}), /*top=*/2, /*alpha=*/0.5);
  EXPECT_DOUBLE_EQ(step.sigma_R, std::sqrt(9.5));
  const double scale = 0.25 / std::sqrt(9.5);
  EXPECT_TRUE(torch::allclose(step.step, numbers({-6 * scale, -8 * scale}), 0, 1e-14));
}

TEST(Ars, StaysWhereItIsWhenAllScoresAreEqual) {
  const torch::Tensor delta = search_noise(1, 0, 3, 4);
  EXPECT_TRUE(ars_step(delta, full(3, 7), full(3, 7), 2, 1.0).step.equal(full(4, 0)));
}

// --- the cross-entropy method

// The elite are the 2 best of 4. After the first of 2 generations half of the extra variance is
// left: 0.3^2 / 2.
TEST(Cem, RefitsMeanAndVarianceAsWorkedOutByHand) {
  Cem cem({.population = 4, .elite = 0.5f, .extra_std = 0.3f, .extra_generations = 2}, full(3, 1),
          7);
  const torch::Tensor x = cem.ask(0).clone();
  cem.tell(numbers({5, -2, 8, 0}));
  const torch::Tensor mean = (x[2] + x[0]) / 2;
  EXPECT_TRUE(torch::allclose(cem.mean(), mean, 0, 1e-14));
  const double extra = std::pow(static_cast<double>(0.3f), 2) / 2;
  EXPECT_TRUE(torch::allclose(cem.variance(), ((x[2] - x[0]) / 2).square() + extra, 0, 1e-14));
  const torch::Tensor next = cem.ask(1).clone();
  cem.tell(numbers({1, 2, 3, 4}));
  EXPECT_TRUE(torch::allclose(cem.variance(), ((next[2] - next[3]) / 2).square(), 0, 1e-14));
}

// --- covariance matrix adaptation

struct KnownConstants {
  std::int64_t n, lambda;
  double w1, mueff, c_c, c_s, c_1, c_mu, d_s, chi;
};

TEST(CmaEs, HasTheKnownConstants) {
  for (const KnownConstants& known : {KnownConstants{10, 10, .456273, 3.167299, .294990, .284429,
                                                     .015284, .020154, 1.284429, 3.084727},
                                      KnownConstants{12, 11, .429544, 3.414772, .258587, .265238,
                                                     .011092, .017126, 1.265238, 3.393078}}) {
    const CmaConstants k = cma_constants(known.n, known.lambda, false);
    constexpr double kDigits = 1e-6;
    EXPECT_EQ(k.mu, 5);
    EXPECT_NEAR(k.weights[0].item<double>(), known.w1, kDigits);
    EXPECT_NEAR(k.weights.sum().item<double>(), 1.0, 1e-14);
    EXPECT_NEAR(k.mueff, known.mueff, kDigits);
    EXPECT_NEAR(k.c_c, known.c_c, kDigits);
    EXPECT_NEAR(k.c_s, known.c_s, kDigits);
    EXPECT_NEAR(k.c_1, known.c_1, kDigits);
    EXPECT_NEAR(k.c_mu, known.c_mu, kDigits);
    EXPECT_NEAR(k.d_s, known.d_s, kDigits);
    EXPECT_NEAR(k.chi, known.chi, kDigits);
  }
}

/// Evaluations until a candidate is below 1e-9, from x0 = 3 with sigma 2 in 10 dimensions.
double median_evaluations(const Function& f, bool diagonal) {
  std::vector<double> taken;
  for (std::uint64_t seed = 1; seed <= 11; ++seed) {
    CmaEs search({.population = 10, .sigma = 2.0f, .diagonal = diagonal}, full(10, 3.0), seed);
    double evaluations = 0.0, best = 1e300;
    for (int t = 0; best > 1e-9 && t < 2000; ++t) {
      const torch::Tensor values = f(search.ask(t));
      evaluations += 10;
      best = std::min(best, values.min().item<double>());
      search.tell(-values);
    }
    taken.push_back(evaluations);
  }
  std::sort(taken.begin(), taken.end());
  return taken[5];
}

// Of the package cma 4.5.0 without its active update, 11 seeds.
TEST(CmaEs, TakesAsManyEvaluationsAsTheReferenceWithinAFifth) {
  EXPECT_NEAR(median_evaluations(sphere, false) / 1550.0, 1.0, 0.2);
  EXPECT_NEAR(median_evaluations(sphere, true) / 1460.0, 1.0, 0.2);
  EXPECT_NEAR(median_evaluations(ellipsoid, false) / 5940.0, 1.0, 0.2);
  EXPECT_NEAR(median_evaluations(ellipsoid, true) / 3190.0, 1.0, 0.2);
}

TEST(CmaEs, KeepsItsCovarianceSymmetricAndPositiveDefinite) {
  CmaEs search({.population = 10, .sigma = 2.0f}, full(10, 3.0), 4);
  for (int t = 0; t < 600; ++t) {
    search.tell(-ellipsoid(search.ask(t)));
    if (t % 50 != 0) continue;
    const torch::Tensor& C = search.covariance();
    EXPECT_LT((C - C.t()).abs().max().item<double>(), 1e-12 * C.abs().max().item<double>());
    EXPECT_GT(std::get<0>(torch::linalg_eigh(C)).min().item<double>(), 0.0) << t;
  }
}

// A turned problem is as hard as the one that lies along the axes, which is not so of the diagonal
// form.
TEST(CmaEs, SolvesATurnedEllipsoidAsFastAsAStraightOne) {
  const torch::Tensor R = std::get<0>(torch::linalg_qr(search_noise(9, 0, 10, 10)));
  const Function turned = [&](const torch::Tensor& x) { return ellipsoid(x.mm(R)); };
  EXPECT_NEAR(median_evaluations(turned, false) / 5940.0, 1.0, 0.2);
}

TEST(CmaEs, RefusesAFullCovarianceOfTooManyParametersAndNamesTheDiagonalOne) {
  for (const std::int64_t n : {CmaEs::kMostFull + 1, std::int64_t{100000}}) {
    try {
      CmaEs({.population = 8}, full(n, 0.0), 1);
      FAIL() << n;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), ::testing::HasSubstr(text("a covariance of ", n, " parameters")));
      EXPECT_THAT(error.what(), ::testing::HasSubstr("say cma_es.diagonal = true"));
    }
    EXPECT_NO_THROW(CmaEs({.population = 8, .diagonal = true}, full(n, 0.0), 1));
  }
}

// --- all of them

struct Method {
  const char* name;
  std::function<std::unique_ptr<Search>(const torch::Tensor& start)> make;
  int generations;
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
      {"es",
       make(std::type_identity<Es>(),
            EsConfig{.population = 40, .learning_rate = 0.05f, .weight_decay = 0.0f}),
       300},
      {"ars",
       make(std::type_identity<Ars>(),
            ArsConfig{.num_directions = 20, .top_directions = 10, .step_size = 0.05f}),
       300},
      {"cem",
       make(std::type_identity<Cem>(),
            CemConfig{.population = 60, .init_std = 1.0f, .extra_generations = 60}),
       120},
      {"fd", make(std::type_identity<Fd>(), FdConfig{.num_pairs = 20, .sigma = 0.1f}), 150},
      {"wp", make(std::type_identity<Wp>(), WpConfig{.population = 40}), 200},
      {"rwr", make(std::type_identity<Rwr>(), RwrConfig{.population = 60, .init_std = 1.0f}), 120},
      {"pi2", make(std::type_identity<Pi2>(), Pi2Config{.population = 40, .init_std = 0.5f}), 200},
      {"power", make(std::type_identity<Power>(), PowerConfig{.population = 40, .init_std = 0.5f}),
       200},
      {"cma_es", make(std::type_identity<CmaEs>(), CmaEsConfig{.population = 12, .sigma = 0.5f}),
       150},
      {"cma_es_diagonal",
       make(std::type_identity<CmaEs>(),
            CmaEsConfig{.population = 12, .sigma = 0.5f, .diagonal = true}),
       150},
  };
}

class EverySearch : public ::testing::TestWithParam<Method> {};

const torch::Tensor& optimum() {
  static const torch::Tensor c = torch::linspace(-1.0, 1.5, 8, torch::kFloat64);
  return c;
}

torch::Tensor score(const torch::Tensor& x) { return -sphere(x - optimum()); }

double distance(const Search& search) { return (search.mean() - optimum()).norm().item<double>(); }

TEST_P(EverySearch, FindsTheOptimumOfAQuadratic) {
  const auto search = GetParam().make(full(8, 0.0));
  const double before = distance(*search);
  for (int t = 0; t < GetParam().generations; ++t) search->tell(score(search->ask(t)));
  EXPECT_LT(distance(*search), 0.05 * before);
}

TEST_P(EverySearch, GoesAwayFromItWhereTheSignIsWrong) {
  const auto search = GetParam().make(full(8, 0.0));
  const double before = distance(*search);
  for (int t = 0; t < 20; ++t) search->tell(-score(search->ask(t)));
  EXPECT_GT(distance(*search), 1.05 * before);
}

TEST_P(EverySearch, GoesOnBitForBitFromWhatItSaved) {
  const auto whole = GetParam().make(full(8, 0.0));
  for (int t = 0; t < 7; ++t) whole->tell(score(whole->ask(t)));
  TensorArchive archive;
  whole->save(archive);
  const auto resumed = GetParam().make(full(8, 0.0));
  resumed->load(TensorArchive::parse(archive.serialise(), "test"));
  for (int t = 7; t < 20; ++t) {
    whole->tell(score(whole->ask(t)));
    resumed->tell(score(resumed->ask(t)));
  }
  EXPECT_TRUE(resumed->mean().equal(whole->mean()));
  TensorArchive one, other;
  whole->save(one);
  resumed->save(other);
  EXPECT_EQ(one.serialise(), other.serialise());
}

TEST_P(EverySearch, DrawsOthersInEachGeneration) {
  const auto search = GetParam().make(full(8, 0.0));
  const torch::Tensor first = search->ask(0).clone();
  EXPECT_TRUE(search->ask(0).equal(first));
  EXPECT_FALSE(search->ask(1).equal(first));
}

INSTANTIATE_TEST_SUITE_P(Methods, EverySearch, ::testing::ValuesIn(methods()),
                         [](const auto& method) { return std::string(method.param.name); });

}  // namespace
}  // namespace kennel::search_test
