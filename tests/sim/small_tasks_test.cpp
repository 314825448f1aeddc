// The small tasks' numbers against arithmetic on paper and answers from textbooks.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <functional>
#include <numbers>
#include <vector>

#include "envs/small/rows.h"
#include "kennel/sim/make_env.h"

namespace kennel::small {
namespace {

using Gains = std::array<double, 2>;
constexpr Gains kBest = {7.61295797, 4.58493499}, kPoor = {3.0, 3.0};

/// What u = -K x costs from x_0 ~ N(0, I): cost is quadratic in x_0, so unit vectors suffice.
double lqr_cost(const Gains& K) {
  double cost = 0.0;
  for (int axis = 0; axis < 2; ++axis) {
    Lqr::State s{{axis == 0 ? 1.0 : 0.0, axis == 1 ? 1.0 : 0.0}};
    for (int t = 0; t < Lqr::kRow.episode_steps; ++t) {
      const double u = -(K[0] * s.x[0] + K[1] * s.x[1]);
      cost -= Lqr::step(s, &u, {}).reward;
    }
  }
  return cost;
}

TEST(LqrTask, StepsAndCostsAsOnPaper) {
  Lqr::State s{{2.0, -1.0}};
  const double u = 3.0;
  const Outcome outcome = Lqr::step(s, &u, {});
  EXPECT_NEAR(outcome.reward, -(4.0 + 0.1 + 0.09), 1e-12);
  EXPECT_NEAR(s.x[0], 2.0 - 0.1 + 0.015, 1e-12);
  EXPECT_NEAR(s.x[1], -1.0 + 0.3, 1e-12);
  EXPECT_FALSE(outcome.terminated);
}

TEST(LqrTask, CostsWhatTheRiccatiEquationSays) {
  EXPECT_NEAR(lqr_cost(kBest), 6.63165543, 1e-8);
  EXPECT_NEAR(-lqr_cost(kBest), Lqr::kRow.best_return, 1e-8);
  EXPECT_NEAR(lqr_cost(kPoor), 8.32225533, 1e-7);
  EXPECT_NEAR(lqr_cost({9.71186441, 5.55847458}), 6.75825044, 1e-8);  // a policy iteration later
}

// Fazel et al., lemma 1: at K = [3, 3] the gradient of the cost is [-1.43577026, 0.60170458].
TEST(LqrTask, HasTheGradientOfFazelsLemma) {
  const double h = 1e-4;
  EXPECT_NEAR((lqr_cost({3 + h, 3}) - lqr_cost({3 - h, 3})) / (2 * h), -1.43577026, 1e-6);
  EXPECT_NEAR((lqr_cost({3, 3 + h}) - lqr_cost({3, 3 - h})) / (2 * h), 0.60170458, 1e-6);
  for (int k = 0; k < 2; ++k)
    for (const double sign : {-0.1, 0.1}) {
      Gains off = kBest;
      off[k] += sign;
      EXPECT_GT(lqr_cost(off), lqr_cost(kBest));
    }
}

/// The mean over environments of an episode's return, u = -K x, and its standard error.
struct Mean {
  double value, error;
};
Mean mean_of(const torch::Tensor& x) {
  const double n = static_cast<double>(x.numel());
  return {x.mean().item<double>(), x.std().item<double>() / std::sqrt(n)};
}
torch::Tensor lqr_returns(const Gains& K, int num_envs) {
  EnvOptions options;
  options.num_envs = num_envs;
  options.device = "cpu";
  const auto env = make_small_env(Lqr::kRow, options);
  env->reset();
  const torch::Tensor gains = torch::tensor({-K[0], -K[1]}, torch::kFloat32);
  torch::Tensor sum = torch::zeros({num_envs}, torch::kFloat64);
  for (int t = 0; t < Lqr::kRow.episode_steps; ++t) {
    env->step(env->buffers().obs.mv(gains).view({-1, 1}));
    sum += env->buffers().reward;
  }
  return sum;
}

TEST(LqrTask, CostsTheTraceOfPInTheMeanOverItsStarts) {
  const Mean best = mean_of(lqr_returns(kBest, 20000));
  EXPECT_NEAR(best.value, -6.63165543, 4 * best.error);
  EXPECT_LT(best.error, 0.07);
}

TEST(LqrTask, HasThatGradientByFiniteDifferencesOfCommonSeeds) {
  constexpr int kEnvs = 20000;
  constexpr double h = 0.05;
  const auto slope = [&](const Gains& up, const Gains& down) {
    return mean_of((lqr_returns(up, kEnvs) - lqr_returns(down, kEnvs)) / (2 * h));
  };
  const Mean by_first = slope({3 + h, 3}, {3 - h, 3}), by_second = slope({3, 3 + h}, {3, 3 - h});
  EXPECT_NEAR(by_first.value, 1.43577026, 4 * by_first.error + 2e-3);
  EXPECT_NEAR(by_second.value, -0.60170458, 4 * by_second.error + 2e-3);
  EXPECT_LT(by_first.error, 0.03);
  EXPECT_LT(by_second.error, 0.03);
}

TEST(LqrTask, StartsStandardNormalWhereKStarIsNeverClipped) {
  constexpr int kStarts = 20000;
  double sum[2] = {}, squares[2] = {}, product = 0.0, most = 0.0;
  for (int e = 0; e < kStarts; ++e) {
    Lqr::State s = Lqr::start({7, static_cast<std::uint64_t>(e), 1, 0});
    for (int k = 0; k < 2; ++k) {
      sum[k] += s.x[k];
      squares[k] += s.x[k] * s.x[k];
    }
    product += s.x[0] * s.x[1];
    most = std::max(most, std::hypot(s.x[0], s.x[1]));
  }
  const double error = 1.0 / std::sqrt(kStarts);
  for (int k = 0; k < 2; ++k) {
    EXPECT_NEAR(sum[k] / kStarts, 0.0, 4 * error);
    EXPECT_NEAR(squares[k] / kStarts, 1.0, 4 * std::sqrt(2.0) * error);
  }
  EXPECT_NEAR(product / kStarts, 0.0, 4 * error);
  EXPECT_LE(most, 5.77);
  EXPECT_LT(5.77 * std::hypot(kBest[0], kBest[1]), Lqr::kRow.action_bounds.high);
}

TEST(BanditTask, HasTheMomentsOfTheFormulas) {
  constexpr int kEnvs = 400000;
  constexpr double mu = 0.0, s = 0.5, d = mu - Bandit::c;
  EnvOptions options;
  options.num_envs = kEnvs;
  options.device = "cpu";
  const auto env = make_small_env(Bandit::kRow, options);
  env->reset();
  torch::manual_seed(3);
  const torch::Tensor eps = torch::randn({kEnvs}, torch::kFloat64);
  const torch::Tensor action = (mu + s * eps).to(torch::kFloat32).view({-1, 1});
  env->step(action);
  const torch::Tensor r = env->buffers().reward.to(torch::kFloat64);
  EXPECT_NEAR(d, 1.5, 1e-15);
  EXPECT_NEAR(r.mean().item<double>(), -(d * d + s * s), 0.01);
  const auto variance = [&](double baseline) {
    return (eps / s * (r - baseline)).var().item<double>();
  };
  EXPECT_NEAR((eps / s * r).mean().item<double>(), -3.0, 4 * std::sqrt(55.5 / kEnvs));
  EXPECT_NEAR(variance(0.0), 55.5, 1.5);
  EXPECT_NEAR(variance(-(d * d + s * s)), 20.5, 0.6);
  EXPECT_NEAR(variance(-(d * d + 3 * s * s)), 19.5, 0.6);
}

// The chain, by a table.

/// sum_s' p (r + gamma V(s')) of an action.
double backup(const std::vector<double>& V, int place, bool right, double gamma) {
  double value = 0.0;
  for (const bool slips : {false, true}) {
    const Chain::Move move = Chain::moved(place, right != slips);
    const double next = move.outcome.terminated ? 0.0 : V[static_cast<std::size_t>(move.place)];
    value += (slips ? Chain::kSlip : 1 - Chain::kSlip) * (move.outcome.reward + gamma * next);
  }
  return value;
}

std::vector<double> sweep(const std::vector<double>& V, double gamma,
                          const std::function<double(double, double)>& chosen) {
  std::vector<double> next(Chain::kPlaces);
  for (int place = 0; place < Chain::kPlaces; ++place)
    next[static_cast<std::size_t>(place)] =
        chosen(backup(V, place, false, gamma), backup(V, place, true, gamma));
  return next;
}

std::vector<double> value_iteration(double gamma) {
  std::vector<double> V(Chain::kPlaces, 0.0);
  for (int k = 0; k < 5000; ++k)
    V = sweep(V, gamma, [](double left, double right) { return std::max(left, right); });
  return V;
}

TEST(ChainTask, MovesAndPaysAsOnPaper) {
  const auto expect = [](int from, bool right, int to, double reward, bool ends) {
    const Chain::Move move = Chain::moved(from, right);
    EXPECT_EQ(move.place, to);
    EXPECT_EQ(move.outcome.reward, reward);
    EXPECT_EQ(move.outcome.terminated, ends);
  };
  expect(0, false, 0, 0.01, false);
  expect(0, true, 1, 0.0, false);
  expect(3, false, 2, 0.0, false);
  expect(4, false, 3, 0.0, false);
  expect(4, true, 4, 1.0, true);
}

TEST(ChainTask, GoesRightByValueIteration) {
  for (const double gamma : {0.5, 0.7, 0.9, 0.95, 0.98}) {
    const std::vector<double> V = value_iteration(gamma);
    for (int place = 0; place < Chain::kPlaces; ++place)
      EXPECT_GT(backup(V, place, true, gamma), backup(V, place, false, gamma)) << gamma << place;
  }
  const std::vector<double> far = value_iteration(0.99);
  EXPECT_LT(backup(far, 0, true, 0.99), backup(far, 0, false, 0.99));  // the lure
}

TEST(ChainTask, ReturnsAtBestWhatDynamicProgrammingSays) {
  double best = 0.0;
  for (int policy = 0; policy < 1 << Chain::kPlaces; ++policy) {
    std::vector<double> V(Chain::kPlaces, 0.0);
    for (int t = 0; t < Chain::kRow.episode_steps; ++t) {
      std::vector<double> next(Chain::kPlaces);
      for (int place = 0; place < Chain::kPlaces; ++place)
        next[static_cast<std::size_t>(place)] = backup(V, place, policy >> place & 1, 1.0);
      V = next;
    }
    double mean = 0.0;
    for (const double value : V) mean += value / Chain::kPlaces;
    best = std::max(best, mean);
    if (policy == (1 << Chain::kPlaces) - 1) {
      EXPECT_NEAR(mean, Chain::kRow.best_return, 1e-8);
    }
  }
  EXPECT_NEAR(best, Chain::kRow.best_return, 1e-8);
}

// What the environments do is what the table says: discounted returns of going right from each
// place are V, and a slip comes once in ten.
TEST(ChainTask, EpisodesReturnWhatValueIterationSays) {
  constexpr int kEnvs = 20000;
  constexpr double gamma = 0.9;
  const std::vector<double> V = value_iteration(gamma);
  EnvOptions options;
  options.num_envs = kEnvs;
  options.device = "cpu";
  const auto env = make_small_env(Chain::kRow, options);
  env->reset();
  const torch::Tensor start = env->buffers().obs.argmax(1);
  torch::Tensor sum = torch::zeros({kEnvs}, torch::kFloat64), alive = torch::ones({kEnvs});
  torch::Tensor right = torch::full({kEnvs, 1}, 0.5f);
  double discount = 1.0, goals = 0.0;
  for (int t = 0; t < Chain::kRow.episode_steps; ++t) {
    env->step(right);
    sum += discount * (env->buffers().reward * alive).to(torch::kFloat64);
    if (t == 0) goals = env->buffers().terminated.sum().item<double>();
    alive *= 1 - env->buffers().terminated;
    discount *= gamma;
  }
  for (int place = 0; place < Chain::kPlaces; ++place) {
    const torch::Tensor from = sum.masked_select(start == place);
    EXPECT_NEAR(static_cast<double>(from.numel()), kEnvs / 5.0, 4 * std::sqrt(kEnvs * 0.16));
    const Mean mean = mean_of(from);
    EXPECT_NEAR(mean.value, V[static_cast<std::size_t>(place)], 4 * mean.error + 1e-3) << place;
  }
  const double last = (start == Chain::kPlaces - 1).sum().item<double>();
  EXPECT_NEAR(goals / last, 0.9, 4 * std::sqrt(0.09 / last));
}

TEST(PendulumTask, SwingsAndCostsAsOnPaper) {
  constexpr double pi = std::numbers::pi;
  Pendulum::State s{pi / 2, 0.5};  // horizontal: gravity turns it on by 3 g / (2 l) = 15 rad/s^2
  const double push = 1.0;         // 2 N m: 3 tau / (m l^2) = 6 rad/s^2
  const Outcome outcome = Pendulum::step(s, &push, {});
  EXPECT_NEAR(outcome.reward, -(pi * pi / 4 + 0.1 * 0.25 + 0.001 * 4), 1e-12);
  EXPECT_NEAR(s.omega, 0.5 + 21 * 0.05, 1e-12);
  EXPECT_NEAR(s.theta, pi / 2 + 1.55 * 0.05, 1e-12);
  Pendulum::State fast{3.1, 7.99};
  const double half = -0.5;  // sin(3.1) = 0.0415807: 0.6237 - 3 rad/s^2
  Pendulum::step(fast, &half, {});
  EXPECT_NEAR(fast.omega, 7.99 + 0.05 * (15 * std::sin(3.1) - 3), 1e-12);
  EXPECT_NEAR(fast.theta, 3.1 + 0.05 * fast.omega - 2 * pi, 1e-12);  // over the lowest point
  Pendulum::State limited{pi / 2, 7.9};
  Pendulum::step(limited, &push, {});
  EXPECT_EQ(limited.omega, 8.0);
  float obs[3];
  Pendulum::observe({pi / 2, -1.5}, obs);
  EXPECT_NEAR(obs[0], 0.0, 1e-7);
  EXPECT_EQ(obs[1], 1.0f);
  EXPECT_EQ(obs[2], -1.5f);
}

TEST(PendulumTask, CannotBeLiftedAtOnceAndFallsByItself) {
  Pendulum::State hanging{std::numbers::pi / 2, 0.0}, falling{0.01, 0.0};
  const double up = -1.0, nothing = 0.0;
  Pendulum::step(hanging, &up, {});
  EXPECT_GT(hanging.omega, 0.0);  // the motor's 6 rad/s^2 against gravity's 15
  for (int t = 0; t < 20; ++t) Pendulum::step(falling, &nothing, {});
  EXPECT_GT(falling.theta, 0.1);
}

TEST(PendulumTask, StartsAnywhereOnTheCircle) {
  double sum[2] = {}, squares[2] = {};
  constexpr int kStarts = 20000;
  for (int e = 0; e < kStarts; ++e) {
    const Pendulum::State s = Pendulum::start({1, static_cast<std::uint64_t>(e), 1, 0});
    const double u[2] = {s.theta / std::numbers::pi, s.omega};
    for (int k = 0; k < 2; ++k) {
      EXPECT_LE(std::abs(u[k]), 1.0);
      sum[k] += u[k];
      squares[k] += u[k] * u[k];
    }
  }
  for (int k = 0; k < 2; ++k) {  // uniform in [-1, 1]: variance 1/3
    EXPECT_NEAR(sum[k] / kStarts, 0.0, 4 * std::sqrt(1.0 / 3 / kStarts));
    EXPECT_NEAR(squares[k] / kStarts, 1.0 / 3, 4 * std::sqrt(4.0 / 45 / kStarts));
  }
}

/// The best mean return from the starts, by dynamic programming backwards over an episode: a grid
/// of angles and speeds, bilinear between its points.
class PendulumGrid {
 public:
  PendulumGrid(int angles, int speeds, int torques) : NT_(angles), NW_(speeds), NA_(torques) {
    for (int i = 0; i < NT_; ++i)
      for (int j = 0; j < NW_; ++j)
        for (int k = 0; k < NA_; ++k) {
          Pendulum::State s{-std::numbers::pi + turn_ * i / NT_, -8.0 + 16.0 * j / (NW_ - 1)};
          const double action = -1.0 + 2.0 * k / (NA_ - 1);
          const double reward = Pendulum::step(s, &action, {}).reward;
          moves_.push_back({at(s.theta, s.omega), static_cast<float>(reward)});
        }
  }

  double best_return() const {
    std::vector<float> V(static_cast<std::size_t>(NT_ * NW_), 0.0f), next = V;
    for (int t = 0; t < Pendulum::kRow.episode_steps; ++t) {
      for (std::size_t s = 0; s < V.size(); ++s) {
        float best = -1e30f;
        for (int k = 0; k < NA_; ++k) {
          const Leads& to = moves_[s * static_cast<std::size_t>(NA_) + static_cast<std::size_t>(k)];
          best = std::max(best, to.reward + value(V, to.place));
        }
        next[s] = best;
      }
      V.swap(next);
    }
    double sum = 0.0;
    constexpr int kSpeeds = 40;
    for (int i = 0; i < NT_; ++i)
      for (int j = 0; j < kSpeeds; ++j)
        sum += value(V, at(-std::numbers::pi + turn_ * i / NT_, -1.0 + (2.0 * j + 1) / kSpeeds));
    return sum / (NT_ * kSpeeds);
  }

 private:
  struct Place {
    std::size_t row, next_row, column;
    float across, along;
  };
  struct Leads {
    Place place;
    float reward;
  };

  Place at(double theta, double omega) const {
    double x = (theta + std::numbers::pi) / turn_ * NT_;
    if (x >= NT_) x -= NT_;
    const double y = (omega + 8.0) / 16.0 * (NW_ - 1);
    const int i = static_cast<int>(x), j = std::min(static_cast<int>(y), NW_ - 2);
    return {static_cast<std::size_t>(i * NW_), static_cast<std::size_t>((i + 1) % NT_ * NW_),
            static_cast<std::size_t>(j), static_cast<float>(x - i), static_cast<float>(y - j)};
  }

  static float value(const std::vector<float>& V, const Place& p) {
    const auto in = [&](std::size_t row) {
      const float* v = V.data() + row + p.column;
      return v[0] + (v[1] - v[0]) * p.along;
    };
    return in(p.row) + (in(p.next_row) - in(p.row)) * p.across;
  }

  int NT_, NW_, NA_;
  double turn_ = 2.0 * std::numbers::pi;
  std::vector<Leads> moves_;
};

// Finer grids give more, by about half as much each time: -140.79, -139.07, -137.97, -137.47.
TEST(PendulumTask, ReturnsAtBestWhatDynamicProgrammingSays) {
  const double coarse = PendulumGrid(101, 81, 11).best_return();
  const double fine = PendulumGrid(201, 161, 11).best_return();
  EXPECT_GT(fine, coarse);
  EXPECT_NEAR(2 * fine - coarse, Pendulum::kRow.best_return, 0.5);
}

}  // namespace
}  // namespace kennel::small
