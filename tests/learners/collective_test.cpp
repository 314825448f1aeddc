// Several ranks train as one, and what they learn does not depend on how many they are.
#include "kennel/rl/collective.h"

#include <gtest/gtest.h>

#include <barrier>
#include <thread>

#include "kennel/core/epoch_order.h"
#include "kennel/io/atomic_file.h"
#include "kennel/rl/exact_sum.h"
#include "kennel/rl/gae.h"
#include "kennel/rl/shared_rows.h"
#include "tests/io/temp_folder.h"
#include "tests/learners/make_ppo.h"
#include "tests/rl/point_mass_env.h"

namespace kennel::collective_test {
namespace {

/// Ranks in threads of this process. Sums are made in an order of their own.
class Threads {
 public:
  explicit Threads(int ranks) : barrier_(ranks), given_(static_cast<std::size_t>(ranks)) {
    for (int rank = 0; rank < ranks; ++rank) ranks_.emplace_back(*this, rank);
  }

  /// Calls work(rank, collective) for all of them.
  template <class Work>
  void run(const Work& work) {
    std::vector<std::thread> others;
    for (std::size_t rank = 1; rank < ranks_.size(); ++rank)
      others.emplace_back([&, rank] { work(static_cast<int>(rank), ranks_[rank]); });
    work(0, ranks_[0]);
    for (std::thread& other : others) other.join();
  }

 private:
  class Rank final : public Collective {
   public:
    Rank(Threads& all, int rank) : all_(all), rank_(rank) {}
    int rank() const override { return rank_; }
    int size() const override { return static_cast<int>(all_.given_.size()); }
    void sum(torch::Tensor& x) const override {
      with_all(x, [](torch::Tensor& sum, const torch::Tensor& other) { sum += other; });
    }
    void max(torch::Tensor& x) const override {
      with_all(x, [](torch::Tensor& most, const torch::Tensor& other) {
        most = torch::maximum(most, other);
      });
    }

   private:
    template <class Merge>
    void with_all(torch::Tensor& x, const Merge& merge) const {
      all_.given_[static_cast<std::size_t>(rank_)] = x.clone();
      all_.barrier_.arrive_and_wait();
      torch::Tensor out = all_.given_.back().clone();
      for (std::size_t k = all_.given_.size() - 1; k-- > 0;) merge(out, all_.given_[k]);
      x.copy_(out);
      all_.barrier_.arrive_and_wait();
    }

    Threads& all_;
    int rank_;
  };

  std::barrier<> barrier_;
  std::vector<torch::Tensor> given_;
  std::vector<Rank> ranks_;
};

/// The first of a rank's environments, by whole shards; of rank `ranks`: their number.
int first_env(int rank, int ranks, int envs) {
  const int shards = (envs + static_cast<int>(kEnvsAShard) - 1) / static_cast<int>(kEnvsAShard);
  return std::min(envs, shards * rank / ranks * static_cast<int>(kEnvsAShard));
}

PpoConfig small_config() {
  PpoConfig config;
  config.rollout.num_steps = 12;
  config.num_minibatches = 4;
  config.network.actor_hidden = {16, 16};
  config.network.critic_hidden = {16};
  config.network.symmetric = true;
  return config;
}

constexpr int kEnvs = 4 * static_cast<int>(kEnvsAShard) + 20;  // five shards, the last a small one
constexpr int kIterations = 3;

/// Trains with so many ranks, and goes on where a checkpoint is given.
/// \return the first one's checkpoint, as bytes
std::string trained(int ranks, const std::string& from = {}) {
  const TempFolder folder;
  if (!from.empty()) write_file_atomically(folder / "before", from);
  Threads(ranks).run([&](int rank, const Collective& all) {
    const int first = first_env(rank, ranks, kEnvs), end = first_env(rank + 1, ranks, kEnvs);
    PointMassEnv env(end - first, 1, first);
    Ppo learner =
        ppo_of(env, small_config(), 3,
               {.mirrors = PointMassEnv::mirrors(), .num_threads = 1 + rank % 2, .all = all});
    if (!from.empty()) learner.load(folder / "before");
    IterationReport report;
    for (int k = 0; k < kIterations; ++k) report = learner.iterate();
    EXPECT_EQ(report.env_steps, (from.empty() ? 1 : 2) * kIterations * 12 * kEnvs);
    learner.save(folder / text("after", rank), "recipe");
  });
  EXPECT_FALSE(std::filesystem::exists(folder / "after1")) << "one rank writes";
  return read_file(folder / "after0");
}

TEST(Collective, AloneIsOneRankWhoseSumsAreWhatTheyWere) {
  torch::Tensor x = torch::ones({3});
  alone().sum(x);
  alone().max(x);
  alone().mean(x);
  EXPECT_TRUE(torch::equal(x, torch::ones({3})));
  EXPECT_EQ(alone().rank(), 0);
  EXPECT_EQ(alone().size(), 1);
  EXPECT_EQ(alone().total(7), 7);
}

TEST(Collective, AnyNumberOfRanksWritesTheSameCheckpoint) {
  const std::string one = trained(1);
  for (const int ranks : {2, 3, 4, 5}) EXPECT_EQ(one, trained(ranks)) << ranks << " ranks";
}

TEST(Collective, ACheckpointGoesOnWithAnotherNumberOfRanks) {
  const std::string half = trained(3);
  const std::string one = trained(1, half);
  EXPECT_NE(half, one);
  for (const int ranks : {2, 4}) EXPECT_EQ(one, trained(ranks, half)) << ranks << " ranks";
}

TEST(Collective, ExactSumsDoNotDependOnOrderOrScale) {
  torch::manual_seed(3);
  for (const double scale : {1e-20, 1.0, 1e20}) {
    const torch::Tensor x = torch::randn({1000, 3}, torch::kFloat64) * scale;
    const torch::Tensor sum = exact_sum(x, 1000, alone());
    const torch::Tensor other = exact_sum(x.index_select(0, torch::randperm(1000)), 1000, alone());
    EXPECT_TRUE(torch::equal(sum, other));
    EXPECT_TRUE(torch::allclose(sum, x.sum(0), 0, 1e-8 * scale));
    Threads(2).run([&](int rank, const Collective& all) {
      EXPECT_TRUE(
          torch::equal(sum, exact_sum(x.narrow(0, 300 * rank, 300 + 400 * rank), 1000, all)));
    });
  }
  EXPECT_TRUE(torch::equal(exact_sum(torch::zeros({4, 2}, torch::kFloat64), 4, alone()),
                           torch::zeros({2}, torch::kFloat64)));
  const torch::Tensor wrong = torch::tensor({{1.0, double{INFINITY}}, {2.0, 3.0}}, torch::kFloat64);
  const torch::Tensor sum = exact_sum(wrong, 2, alone());
  EXPECT_EQ(sum[0].item<double>(), 3.0);
  EXPECT_FALSE(std::isfinite(sum[1].item<double>()));
}

TEST(Collective, SlicesAreSummedTheSameInEveryOrder) {
  torch::manual_seed(4);
  WorkerPool pool(2);
  const torch::Tensor slices = torch::randn({17, 9001}),
                      shuffled = slices.index_select(0, torch::randperm(17));
  const auto sums = [&](const LearnerOps& ops, const torch::Tensor& of) {
    torch::Tensor out = torch::full({of.size(1)}, NAN, torch::kFloat64);
    ops.exact_sums(pool, of, 0x1p-36, out);
    return out;
  };
  const torch::Tensor expected = sums(cpu_ops(), slices);
  EXPECT_TRUE(torch::equal(expected, sums(cpu_ops(), shuffled)));
  EXPECT_TRUE(torch::equal(expected, sums(torch_ops(), slices)));
  EXPECT_TRUE(torch::allclose(expected, slices.to(torch::kFloat64).sum(0), 0, 17 * 0x1p-37));
  slices[3][5] = NAN;
  EXPECT_TRUE(std::isnan(sums(cpu_ops(), slices)[5].item<double>()));
}

TEST(Collective, MomentsAreThoseOfAllNumbers) {
  torch::manual_seed(2);
  const torch::Tensor x = torch::cat({torch::randn({700}), torch::randn({300}) * 3 + 5});
  Threads(2).run([&](int rank, const Collective& all) {
    const ExactMoments of_all =
        exact_moments(x.narrow(0, 700 * rank, rank == 0 ? 700 : 300), 1000, all);
    EXPECT_NEAR(of_all.mean.item<double>(), x.to(torch::kFloat64).mean().item<double>(), 1e-9);
    EXPECT_NEAR(of_all.variance.item<double>(), x.to(torch::kFloat64).var().item<double>(), 1e-8);
  });
}

TEST(Collective, RanksWithPartsOfABatchHaveItsAdvantages) {
  torch::manual_seed(2);
  torch::Tensor whole = torch::cat({torch::randn({700}), torch::randn({700}) * 3 + 5});
  const torch::Tensor raw = whole.clone();
  normalise_advantages(whole, 1400, alone());
  EXPECT_TRUE(torch::allclose(whole, (raw - raw.mean()) / raw.std(), 1e-5, 1e-6));
  Threads(2).run([&](int rank, const Collective& all) {
    torch::Tensor part = raw.narrow(0, 700 * rank, 700).clone();
    normalise_advantages(part, 1400, all);
    EXPECT_TRUE(torch::equal(part, whole.narrow(0, 700 * rank, 700)));
  });
}

TEST(Collective, RanksWithPartsOfABatchHaveItsStatistics) {
  torch::manual_seed(2);
  constexpr std::int64_t kSteps = 7, kHalf = kEnvsAShard, kSize = 4;
  const torch::Tensor batch = torch::cat(
      {torch::randn({kSteps, kHalf, kSize}), torch::randn({kSteps, kHalf, kSize}) * 3 + 5},
      /*dim=*/1);
  WorkerPool pool(1);
  const Mirrors mirrors = PointMassEnv::mirrors();
  for (const Mirror* mirror : {static_cast<const Mirror*>(nullptr), &mirrors.obs}) {
    Normaliser whole(kSize, true, mirror, torch::kCPU, cpu_ops());
    for (int k = 0; k < 2; ++k) whole.update(pool, batch * (k + 1));
    Threads(2).run([&](int rank, const Collective& all) {
      WorkerPool own_pool(1);
      Normaliser part(kSize, true, mirror, torch::kCPU, cpu_ops());
      for (int k = 0; k < 2; ++k)
        part.update(own_pool, batch.narrow(1, kHalf * rank, kHalf) * (k + 1), 2 * kHalf, all);
      EXPECT_TRUE(torch::equal(part.state(), whole.state()));
    });
  }
}

TEST(Collective, RowsAndStatesOfAllRanksAreOneAfterTheOther) {
  const torch::Tensor rows = torch::tensor({{-0.0f, NAN}, {1.0f, 2.0f}, {3.0f, 4.0f}});
  Threads(2).run([&](int rank, const Collective& all) {
    const torch::Tensor own = rows.narrow(0, rank, 1 + rank);
    const torch::Tensor together = rows_of_all(own, all);
    EXPECT_TRUE(torch::equal(together.view(torch::kInt32), rows.view(torch::kInt32)));
    EXPECT_TRUE(torch::equal(own_rows(together, 1 + rank, all).view(torch::kInt32),
                             own.view(torch::kInt32)));
    PointMassEnv env(2 + rank);
    const torch::Tensor state = state_of_all(env, all);
    EXPECT_THROW(load_state_of_all(env, state.narrow(0, 0, state.numel() - 1), all), Error);
    load_state_of_all(env, state, all);
  });
}

}  // namespace
}  // namespace kennel::collective_test
