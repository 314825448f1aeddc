// Several ranks train as one: with equal data they take the step of one rank, with parts of a batch
// the step of the whole.
#include "kennel/rl/collective.h"

#include <gtest/gtest.h>

#include <barrier>
#include <thread>

#include "kennel/rl/gae.h"
#include "tests/learners/make_ppo.h"
#include "tests/rl/point_mass_env.h"

namespace kennel {
namespace {

constexpr int kNumEnvs = 40;

/// Two ranks with equal data, seen from the first.
class Doubles final : public Collective {
 public:
  int rank() const override { return 0; }
  int size() const override { return 2; }
  void sum(torch::Tensor& x) const override { x.mul_(2); }
};

/// Two ranks in two threads.
class TwoThreads {
 public:
  /// Calls work(rank, collective) for both.
  template <class Work>
  void run(const Work& work) {
    std::thread other([&] { work(1, ranks_[1]); });
    work(0, ranks_[0]);
    other.join();
  }

 private:
  class Rank final : public Collective {
   public:
    Rank(TwoThreads& both, int rank) : both_(both), rank_(rank) {}
    int rank() const override { return rank_; }
    int size() const override { return 2; }
    void sum(torch::Tensor& x) const override {
      both_.given_[rank_] = x.clone();
      both_.barrier_.arrive_and_wait();
      x.copy_(both_.given_[0] + both_.given_[1]);
      both_.barrier_.arrive_and_wait();
    }

   private:
    TwoThreads& both_;
    int rank_;
  };

  std::barrier<> barrier_{2};
  torch::Tensor given_[2];
  Rank ranks_[2] = {{*this, 0}, {*this, 1}};
};

PpoConfig small_config() {
  PpoConfig config;
  config.rollout.num_steps = 12;
  config.num_minibatches = 4;
  config.network.actor_hidden = {16, 16};
  config.network.critic_hidden = {16};
  config.network.symmetric = true;
  return config;
}

/// Networks, statistics and a random batch.
struct Scene {
  PpoConfig config = small_config();
  Mirrors mirrors = PointMassEnv::mirrors();
  WorkerPool pool{1};
  StepCounter steps{torch::kCPU};
  ActorCritic networks{{1, 4, 5, 2, 0.1}, config.network, &mirrors, 1, torch::kCPU, cpu_ops()};
  Normaliser obs_normaliser{4, true, nullptr, torch::kCPU, cpu_ops()};
  Normaliser privileged_normaliser{5, true, nullptr, torch::kCPU, cpu_ops()};
  RolloutBatch batch;

  explicit Scene(std::int64_t rows) {
    torch::manual_seed(5);
    batch.obs = torch::empty({rows, 4});
    batch.privileged_obs = torch::empty({rows, 5});
    obs_normaliser.apply(torch::randn({rows, 4}) * 2 + 1, batch.obs, networks.actor_input());
    privileged_normaliser.apply(torch::randn({rows, 5}) - 3, batch.privileged_obs,
                                networks.critic_input());
    batch.scaled = true;
    batch.samples = {torch::randn({rows, 2}), torch::randn({rows}) * 0.3 - 3, torch::randn({rows}),
                     torch::randn({rows}), torch::randn({rows}) * 0.5};
  }
  PpoUpdate update(const Collective& all) {
    return PpoUpdate(networks, obs_normaliser, privileged_normaliser, config, pool, cpu_ops(), all);
  }
};

TEST(Collective, AloneIsOneRankWhoseSumsAreWhatTheyWere) {
  torch::Tensor x = torch::ones({3});
  alone().sum(x);
  alone().mean(x);
  EXPECT_TRUE(torch::equal(x, torch::ones({3})));
  EXPECT_EQ(alone().rank(), 0);
  EXPECT_EQ(alone().size(), 1);
}

TEST(Collective, RanksWithEqualDataTakeTheGradientStepsOfOneBitForBit) {
  constexpr std::int64_t kRows = 1300;
  const Doubles two;
  torch::Tensor parameters[2], rates[2], kl[2];
  for (const int run : {0, 1}) {
    Scene scene(kRows);
    PpoUpdate update = scene.update(run == 0 ? alone() : static_cast<const Collective&>(two));
    const torch::Tensor before = scene.networks.parameters().clone();
    kl[run] = update.run(scene.batch, 42, scene.steps).kl;
    parameters[run] = scene.networks.parameters().clone();
    rates[run] = update.optimiser().learning_rate().clone();
    EXPECT_FALSE(torch::equal(before, parameters[run]));
  }
  EXPECT_TRUE(torch::equal(parameters[0], parameters[1]));
  EXPECT_TRUE(torch::equal(rates[0], rates[1]));
  EXPECT_TRUE(torch::equal(kl[0], kl[1]));
}

TEST(Collective, RanksWithPartsOfABatchHaveItsGradientTogether) {
  constexpr std::int64_t kRows = 1000;
  Scene scene(kRows);
  const torch::Tensor whole =
      scene.update(alone()).gradient(scene.batch, torch::arange(kRows)).clone();
  const Doubles two;
  PpoUpdate part = scene.update(two);
  torch::Tensor sum = part.gradient(scene.batch, torch::arange(0, kRows / 2)).clone();
  sum += part.gradient(scene.batch, torch::arange(kRows / 2, kRows));
  EXPECT_LT((sum - whole).norm().item<double>(), 1e-5 * whole.norm().item<double>());
}

TEST(Collective, RanksWithEqualObservationsHaveTheStatisticsOfOne) {
  WorkerPool pool(1);
  const Mirrors mirrors = PointMassEnv::mirrors();
  Normaliser one(4, true, &mirrors.obs, torch::kCPU, cpu_ops());
  Normaliser two(4, true, &mirrors.obs, torch::kCPU, cpu_ops());
  torch::manual_seed(2);
  for (int k = 0; k < 3; ++k) {
    const torch::Tensor batch = torch::randn({700, 4}) * (k + 1) + k;
    one.update(pool, batch);
    two.update(pool, batch, Doubles());
    EXPECT_TRUE(torch::equal(one.mean(), two.mean()));
    EXPECT_TRUE(torch::equal(one.inv_std(), two.inv_std()));
  }
  EXPECT_EQ(two.state()[0].item<double>(), 2 * one.state()[0].item<double>());
}

TEST(Collective, RanksWithPartsOfABatchHaveItsStatistics) {
  torch::manual_seed(2);
  const torch::Tensor batch = torch::cat({torch::randn({700, 4}), torch::randn({700, 4}) * 3 + 5});
  WorkerPool pool(1);
  Normaliser whole(4, true, nullptr, torch::kCPU, cpu_ops());
  whole.update(pool, batch);
  TwoThreads().run([&](int rank, const Collective& all) {
    WorkerPool own_pool(1);
    Normaliser part(4, true, nullptr, torch::kCPU, cpu_ops());
    part.update(own_pool, batch.narrow(0, 700 * rank, 700), all);
    EXPECT_TRUE(torch::allclose(part.state(), whole.state(), 1e-6));
  });
}

TEST(Collective, RanksWithPartsOfABatchHaveItsAdvantages) {
  torch::manual_seed(2);
  torch::Tensor whole = torch::cat({torch::randn({700}), torch::randn({700}) * 3 + 5});
  const torch::Tensor raw = whole.clone();
  normalise_advantages(whole, alone());
  TwoThreads().run([&](int rank, const Collective& all) {
    torch::Tensor part = raw.narrow(0, 700 * rank, 700).clone();
    normalise_advantages(part, all);
    // Its variance counts one sample less a rank.
    EXPECT_TRUE(torch::allclose(part, whole.narrow(0, 700 * rank, 700), 1e-3, 1e-6));
  });
}

TEST(Collective, TwoRanksWithEqualEnvironmentsLearnWhatOneLearns) {
  const Doubles two;
  torch::Tensor change[2];
  for (const int run : {0, 1}) {
    PointMassEnv env(kNumEnvs);
    Ppo learner = ppo_of(env, small_config(), 3,
                         {.mirrors = PointMassEnv::mirrors(),
                          .num_threads = 1,
                          .all = run == 0 ? alone() : static_cast<const Collective&>(two)});
    const torch::Tensor before = learner.networks().parameters().clone();
    IterationReport report;
    for (int k = 0; k < 2; ++k) report = learner.iterate();
    EXPECT_EQ(report.env_steps, (run + 1) * 2 * 12 * kNumEnvs);
    EXPECT_NEAR(report.mean_reward, learner.rollout().reward().mean().item<double>(), 1e-6);
    change[run] = learner.networks().parameters() - before;
  }
  // The advantages' deviation is rounded otherwise, and Adam makes a step of any gradient.
  EXPECT_LT((change[0] - change[1]).norm().item<double>(), 1e-3 * change[0].norm().item<double>());
}

TEST(Collective, RanksActAsOneOfAllTheirEnvironments) {
  const auto actions_of = [](PointMassEnv& env, const Collective& all) {
    Ppo learner = ppo_of(env, small_config(), 3,
                         {.mirrors = PointMassEnv::mirrors(), .num_threads = 1, .all = all});
    learner.iterate();
    const torch::Tensor action = learner.rollout().batch().samples.action;
    return action.view({small_config().rollout.num_steps, env.spec().num_envs, 2}).clone();
  };
  PointMassEnv whole(2 * kNumEnvs), first(kNumEnvs), second(kNumEnvs, 1, kNumEnvs);
  torch::Tensor parts[2];
  TwoThreads().run([&](int rank, const Collective& all) {
    parts[rank] = actions_of(rank == 0 ? first : second, all);
  });
  EXPECT_FALSE(torch::equal(parts[0], parts[1]));
  // Products of matrices of another size round otherwise.
  EXPECT_TRUE(
      torch::allclose(torch::cat({parts[0], parts[1]}, 1), actions_of(whole, alone()), 1e-5, 1e-5));
}

TEST(Collective, RanksStayTogether) {
  PointMassEnv first(kNumEnvs, 1), second(kNumEnvs, 2);
  torch::Tensor parameters[2], statistics[2];
  TwoThreads().run([&](int rank, const Collective& all) {
    Ppo learner = ppo_of(rank == 0 ? first : second, small_config(), 3,
                         {.mirrors = PointMassEnv::mirrors(), .num_threads = 1, .all = all});
    for (int k = 0; k < 3; ++k) learner.iterate();
    parameters[rank] = learner.networks().parameters().clone();
    statistics[rank] = learner.obs_normaliser().state();
  });
  EXPECT_TRUE(torch::equal(parameters[0], parameters[1]));
  EXPECT_TRUE(torch::equal(statistics[0], statistics[1]));
}

}  // namespace
}  // namespace kennel
