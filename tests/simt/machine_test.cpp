// The host's stand-in for a GPU does what a GPU does with right kernels.
#include <cmath>
#include <numeric>

#include "tests/simt/lane_kernels.h"

namespace kennel::testing {
namespace {

__global__ void sum_of_warp(float* out) {
  float x = static_cast<float>(threadIdx.x);
  for (int mask = 1; mask < 32; mask *= 2) x += __shfl_xor_sync(kAll, x, mask);
  out[blockIdx.x * blockDim.x + threadIdx.x] = x;
}

TEST(SimtMachine, ButterfliesOfShufflesSumAWarp) {
  const std::vector<float> out = numbers_of(sum_of_warp, {2, 64});
  for (int t = 0; t < 128; ++t) EXPECT_EQ(out[t], t % 64 < 32 ? 496.0f : 1520.0f) << t;
}

__global__ void shuffles_and_votes(float* out) {
  const int lane = threadIdx.x;
  float sum = __shfl_sync(kAll, static_cast<float>(lane), 7);            // 7
  sum += 100.0f * __shfl_down_sync(kAll, static_cast<float>(lane), 30);  // 30, 31, own
  sum += __ballot_sync(kAll, lane == 3) == 8u ? 10000.0f : 0.0f;
  sum += __any_sync(kAll, lane == 31) && !__any_sync(kAll, 0) ? 20000.0f : 0.0f;
  sum += __all_sync(kAll, 1) && !__all_sync(kAll, lane != 5) ? 40000.0f : 0.0f;
  out[lane] = sum;
}

TEST(SimtMachine, EachShuffleAndVoteGivesWhatCudaSays) {
  const std::vector<float> out = numbers_of(shuffles_and_votes, {1, 32});
  for (int t = 0; t < 32; ++t)
    EXPECT_EQ(out[t], 70007.0f + 100.0f * static_cast<float>(t < 2 ? t + 30 : t)) << t;
}

__global__ void groups_in_divergent_code(float* out) {
  const unsigned lane = threadIdx.x, group = 0xfu << (lane & ~3u);
  float x = static_cast<float>(lane);
  if (lane / 4 % 2 == 1) {
    x = __shfl_sync(group, x, static_cast<int>(lane & ~3u));
    __syncwarp(group);
  }
  out[lane] = x + 1000.0f * __shfl_xor_sync(kAll, x, 4);
}

TEST(SimtMachine, GroupsMeetAloneWhereTheirMaskSaysSo) {
  const std::vector<float> out = numbers_of(groups_in_divergent_code, {1, 32});
  const auto x = [](int t) { return static_cast<float>(t / 4 % 2 == 1 ? t & ~3 : t); };
  for (int t = 0; t < 32; ++t) EXPECT_EQ(out[t], x(t) + 1000.0f * x(t ^ 4)) << t;
}

constexpr int kBlock = 96;

__global__ void reversed_in_block(float* out) {
  __shared__ float fixed[kBlock];
  float(&asked)[kBlock] = block_memory<float[kBlock]>();
  const int t = threadIdx.x;
  fixed[t] = static_cast<float>(t);
  asked[t] = 1000.0f * static_cast<float>(t);
  __syncthreads();
  out[blockIdx.x * blockDim.x + t] = fixed[kBlock - 1 - t] + asked[kBlock - 1 - t];
}

TEST(SimtMachine, ABlocksThreadsMeetAndShareStaticAndDynamicMemory) {
  for (const simt::Order order :
       {simt::Order::kForward, simt::Order::kBackward, simt::Order::kShuffled}) {
    const Scheduled scheduled({.order = order});
    const std::vector<float> out =
        numbers_of(reversed_in_block, {3, kBlock, kBlock * sizeof(float)});
    for (int t = 0; t < 3 * kBlock; ++t)
      EXPECT_EQ(out[t], 1001.0f * static_cast<float>(kBlock - 1 - t % kBlock)) << t;
  }
}

__global__ void reads_what_nobody_wrote(float* out) {
  __shared__ float fixed[32];
  float(&asked)[32] = block_memory<float[32]>();
  const int t = threadIdx.x;
  if (t != 5) fixed[t] = 1.0f;  // as if leg 1 of an environment had been forgotten
  if (t != 9) asked[t] = 1.0f;
  __syncwarp();
  out[t] = fixed[t] + asked[t];
}

TEST(SimtMachine, AWordOfSharedMemoryThatNobodyWroteIsNaNInEveryBlock) {
  const std::vector<float> out = numbers_of(reads_what_nobody_wrote, {1, 32, 32 * sizeof(float)});
  for (int t = 0; t < 32; ++t) EXPECT_EQ(std::isnan(out[t]), t == 5 || t == 9) << t;
  EXPECT_TRUE(std::isnan(numbers_of(reads_what_nobody_wrote, {1, 32, 128})[5]))
      << "the block before left a number there";
}

__global__ void hides_what_nobody_wrote(float* out) {
  float(&asked)[32] = block_memory<float[32]>();
  const int t = threadIdx.x;
  if (t != 9) asked[t] = 1.0f;
  out[t] = asked[t] > 0.5f ? 1.0f : 0.0f;  // a NaN passes unseen
}

TEST(SimtMachine, AnotherPoisonShowsReadsThatHideANaN) {
  const LaunchShape shape{1, 32, 128};
  const std::vector<float> nan = numbers_of(hides_what_nobody_wrote, shape);
  const Scheduled scheduled({.poison = 0x7f7f7f7fu});  // 3.4e38
  EXPECT_NE(numbers_of(hides_what_nobody_wrote, shape), nan);
}

/// Passes numbers to neighbours through shared memory.
template <bool kWaits>
__global__ void to_the_neighbour(float* out) {
  float(&shared)[32] = block_memory<float[32]>();
  const int t = threadIdx.x;
  shared[t] = static_cast<float>(t);
  if (kWaits) __syncwarp();
  const float from = shared[(t + 1) % 32];
  if (kWaits) __syncwarp();
  shared[t] = 100.0f;
  out[t] = from;
}

TEST(SimtMachine, AMissingSyncwarpGivesOtherNumbersInAnotherOrder) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "ThreadSanitizer ends the program here; SimtSanitizer expects it";
#endif
  const auto run = [](void (*kernel)(float*), simt::Order order) {
    const Scheduled scheduled({.order = order, .poison = 0});
    return numbers_of(kernel, {1, 32, 128});
  };
  const auto waits = to_the_neighbour<true>, misses = to_the_neighbour<false>;
  EXPECT_EQ(run(waits, simt::Order::kForward), run(waits, simt::Order::kBackward));
  EXPECT_EQ(run(waits, simt::Order::kForward), run(waits, simt::Order::kShuffled));
  EXPECT_NE(run(misses, simt::Order::kForward), run(misses, simt::Order::kBackward));
  EXPECT_NE(run(misses, simt::Order::kForward), run(misses, simt::Order::kShuffled));
}

__global__ void counts(float* out) {
  atomicAdd(out, 1.0f);
  auto* numbers = reinterpret_cast<int*>(out);
  if (threadIdx.x > 0) {
    atomicMin(&numbers[1], static_cast<int>(threadIdx.x));
    atomicMax(&numbers[2], static_cast<int>(threadIdx.x));
    if (atomicCAS(&numbers[3], -1, static_cast<int>(threadIdx.x)) == -1) atomicExch(&out[4], 5.0f);
  }
}

TEST(SimtMachine, AtomicsOfAllThreadsCount) {
  std::vector<float> out(5, 0.0f);
  auto* numbers = reinterpret_cast<int*>(out.data());
  numbers[1] = 1000;
  numbers[3] = -1;
  launch("test kernel", counts, {2, 64}, nullptr, out.data());
  EXPECT_EQ(out[0], 128.0f);
  EXPECT_EQ(numbers[1], 1);
  EXPECT_EQ(numbers[2], 63);
  EXPECT_GT(numbers[3], 0);
  EXPECT_EQ(out[4], 5.0f);
}

}  // namespace
}  // namespace kennel::testing
