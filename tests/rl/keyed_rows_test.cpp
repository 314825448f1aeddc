// The learner's random numbers: by key alone, whoever draws them.
#include <gtest/gtest.h>

#include <cmath>

#include "kennel/core/normal.h"
#include "kennel/core/permutation.h"
#include "kennel/rl/learner_ops.h"

namespace kennel {
namespace {

constexpr std::uint64_t kKey = 0x123456789abcdef0ull;
constexpr std::int64_t kFirstEnv = 1000, kFirstStep = (std::int64_t{1} << 32) - 2;

class KeyedRows : public testing::TestWithParam<const LearnerOps& (*)()> {
 protected:
  KeyedRows() : steps_(torch::kCPU) { steps_.set(kFirstStep); }

  // (num_steps, num_envs, n)
  torch::Tensor noise(std::int64_t num_steps, std::int64_t num_envs, std::int64_t n,
                      std::int64_t first_env = kFirstEnv, int num_threads = 1,
                      std::uint64_t key = kKey) const {
    WorkerPool pool(num_threads);
    torch::Tensor out = torch::full({num_steps, num_envs, n}, NAN);
    GetParam()().draw_noise(pool, key, first_env, steps_, out);
    return out;
  }
  torch::Tensor order(std::int64_t rows, int epoch = 0, std::uint64_t key = kKey) const {
    torch::Tensor out = torch::full({rows}, -1, torch::kInt64);
    GetParam()().shuffle(key, steps_, epoch, one_shard(rows), out);
    return out;
  }
  torch::Tensor order(const EpochOrder& of) const {
    torch::Tensor out = torch::full({std::int64_t{of.rows}}, -1, torch::kInt64);
    GetParam()().shuffle(kKey, steps_, 3, of, out);
    return out;
  }

  StepCounter steps_;
};

TEST_P(KeyedRows, NoiseIsThatOfEachEnvironmentAndStep) {
  constexpr int kEnvs = 37, kNumbers = 6;  // neither a whole number of packs nor of fours
  const torch::Tensor x = noise(5, kEnvs, kNumbers);
  for (int step = 0; step < 5; ++step) {
    const std::uint64_t at = kFirstStep + step;  // goes beyond 32 bits
    for (int env = 0; env < kEnvs; ++env) {
      for (int k = 0; k < kNumbers; ++k) {
        const auto bits = philox4x32<std::uint32_t>(
            static_cast<std::uint32_t>(kFirstEnv + env), static_cast<std::uint32_t>(at),
            static_cast<std::uint32_t>(at >> 32), static_cast<std::uint32_t>(k / 4),
            static_cast<std::uint32_t>(kKey), static_cast<std::uint32_t>(kKey >> 32));
        ASSERT_EQ(x[step][env][k].item<float>(), normal4<float>(bits).x[k % 4]);
      }
    }
  }
}

TEST_P(KeyedRows, NoiseDoesNotDependOnThreadsNorOnHowABatchIsShared) {
  const torch::Tensor whole = noise(8, 50, 12);
  EXPECT_TRUE(torch::equal(whole, noise(8, 50, 12, kFirstEnv, 3)));
  EXPECT_TRUE(torch::equal(
      whole, torch::cat({noise(8, 13, 12), noise(8, 37, 12, kFirstEnv + 13)}, /*dim=*/1)));
  steps_.advance(3);
  EXPECT_TRUE(torch::equal(whole.narrow(0, 3, 5), noise(5, 50, 12)));
  EXPECT_FALSE(torch::equal(noise(8, 50, 12), noise(8, 50, 12, kFirstEnv, 1, kKey + 1)));
}

TEST_P(KeyedRows, TheOrderIsThePermutationOfKeyStepAndEpoch) {
  constexpr std::int64_t kRows = 1003;
  const torch::Tensor first = order(kRows, 2);
  const auto at = static_cast<std::uint64_t>(kFirstStep);
  const Permutation permutation =
      permutation_of(kRows, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at >> 32), 2,
                     static_cast<std::uint32_t>(kKey), static_cast<std::uint32_t>(kKey >> 32));
  for (std::uint32_t row = 0; row < kRows; ++row)
    ASSERT_EQ(first[row].item<std::int64_t>(), permuted(permutation, row));
  EXPECT_FALSE(torch::equal(first, order(kRows, 1)));
  EXPECT_FALSE(torch::equal(first, order(kRows, 2, kKey + 1)));
  steps_.advance(24);
  EXPECT_FALSE(torch::equal(first, order(kRows, 2)));
}

TEST_P(KeyedRows, TheOrderHasEveryRowOnce) {
  for (const std::int64_t rows : {1, 2, 3, 15, 16, 17, 1300, 24576}) {
    const torch::Tensor sorted = std::get<0>(order(rows).sort());
    EXPECT_TRUE(torch::equal(sorted, torch::arange(rows))) << rows;
  }
}

TEST_P(KeyedRows, AMinibatchTakesItsPartOfEveryShardWhoeverHasIt) {
  constexpr std::int64_t kSteps = 7, kEnvs = 4 * kEnvsAShard + 13, kMinibatches = 4;
  const EpochOrder whole = epoch_order(kSteps, kEnvs, kMinibatches, kEnvsAShard, 0);
  const torch::Tensor rows = order(whole);
  EXPECT_TRUE(torch::equal(std::get<0>(rows.sort()), torch::arange(whole.rows)));
  for (std::uint32_t place = 0; place < whole.rows; ++place) {
    const EpochPlace at = place_of(whole, place);
    ASSERT_EQ(rows[place].item<std::int64_t>() % kEnvs / kEnvsAShard, at.shard);
    ASSERT_LT(at.row, whole.rows_of(at.shard));
  }
  // Shards 2 to 4 alone.
  constexpr std::int64_t kFirst = 2 * kEnvsAShard;
  const EpochOrder part = epoch_order(kSteps, kEnvs - kFirst, kMinibatches, kEnvsAShard, 2);
  const torch::Tensor own = order(part);
  for (std::uint32_t k = 0; k < kMinibatches; ++k)
    for (std::uint32_t shard = 0; shard < part.shards; ++shard) {
      const std::int64_t from = part.begin(k, shard), count = part.begin(k, shard + 1) - from;
      ASSERT_EQ(count, whole.begin(k, shard + 3) - whole.begin(k, shard + 2));
      const torch::Tensor here = own.narrow(0, from, count);
      const torch::Tensor there = rows.narrow(0, whole.begin(k, shard + 2), count);
      const torch::Tensor step = here.div(std::int64_t{part.envs}, "floor"),
                          env = here.remainder(std::int64_t{part.envs});
      EXPECT_TRUE(torch::equal(step * kEnvs + env + kFirst, there));
    }
  EXPECT_EQ(part.begin(kMinibatches), part.rows);
}

INSTANTIATE_TEST_SUITE_P(Ops, KeyedRows, testing::Values(&cpu_ops, &torch_ops));

TEST(StepCounter, IsTheSameOnTheHostAndOnTheDevice) {
  StepCounter steps(torch::kCPU);
  EXPECT_EQ(steps.word().item<std::int64_t>(), 0);
  steps.set(std::int64_t{1} << 40);
  steps.advance(24);
  EXPECT_EQ(steps.value(), (std::int64_t{1} << 40) + 24);
  EXPECT_EQ(steps.word().item<std::int64_t>(), steps.value());
}

}  // namespace
}  // namespace kennel
