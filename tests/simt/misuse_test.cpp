// What would hang a GPU, or be undefined on it, ends the launch with who waits where.
#include "tests/simt/lane_kernels.h"

namespace kennel::testing {
namespace {

void expect_words(const std::string& message, const std::vector<std::string>& words) {
  for (const std::string& word : words)
    EXPECT_NE(message.find(word), std::string::npos) << word << " in:\n" << message;
}

__global__ void leaves_early(float* out) {
  if (threadIdx.x == 37) return;  // lane 5 of the second warp
  out[threadIdx.x] = __shfl_xor_sync(kAll, 1.0f, 1);
}

TEST(SimtMisuse, ALaneThatLeavesEarlyIsNamed) {
  expect_words(
      refusal(leaves_early, {1, 64}),
      {"test kernel, block 0, warp 1:", "lanes 5: left the kernel",
       "lanes 0-4: at __shfl_xor_sync with mask ffffffff", "lanes 6-31: at", "misuse_test.cpp:"});
}

__global__ void shuffles_in_both_branches(float* out) {
  float x = static_cast<float>(threadIdx.x);
  if (threadIdx.x % 2 == 0) {
    x = __shfl_xor_sync(kAll, x, 2);
  } else {
    x = 2.0f * __shfl_xor_sync(kAll, x, 2);
  }
  out[threadIdx.x] = x;
}

TEST(SimtMisuse, ShufflesInDivergentCodeAreNotTakenForOne) {
  expect_words(refusal(shuffles_in_both_branches),
               {"wait for each other for ever", "lanes 0: at __shfl_xor_sync",
                "lanes 1: at __shfl_xor_sync"});
}

// One line of source for all shuffles, as in LegThread::sum.
float exchanged(float x) { return __shfl_xor_sync(kAll, x, 1); }

__global__ void reaches_one_shuffle_by_two_ways(float* out) {
  float x = static_cast<float>(threadIdx.x);
  if (threadIdx.x < 16) {
    x = exchanged(x + 1.0f) - 1.0f;
  } else {
    x = exchanged(x * 2.0f) + 3.0f;
  }
  out[threadIdx.x] = x;
}

TEST(SimtMisuse, TheSameLineReachedByAnotherWayIsDivergentToo) {
  expect_words(refusal(reaches_one_shuffle_by_two_ways), {"lanes 0-15: at", "lanes 16-31: at"});
}

__global__ void votes_against_shuffles(float* out) {
  if (threadIdx.x == 0) {
    out[0] = static_cast<float>(__ballot_sync(kAll, 1));
  } else {
    out[threadIdx.x] = __shfl_sync(kAll, 1.0f, 0);
  }
}

TEST(SimtMisuse, ABallotDoesNotMeetAShuffle) {
  expect_words(refusal(votes_against_shuffles),
               {"lanes 0: at __ballot_sync", "lanes 1-31: at __shfl_sync"});
}

__global__ void passes_a_mask_without_itself(float* out) {
  out[threadIdx.x] = threadIdx.x == 8 ? __shfl_sync(0xffu, 1.0f, 0) : 0.0f;
}
__global__ void names_a_lane_that_never_comes(float* out) {
  out[threadIdx.x] = 0.0f;
  if (threadIdx.x < 4) __syncwarp(0xffu);
}
__global__ void asks_a_lane_outside_the_mask(float* out) {
  const unsigned group = 0xfu << (threadIdx.x & ~3u);
  out[threadIdx.x] = __shfl_xor_sync(group, 1.0f, 4);
}
__global__ void passes_two_masks(float* out) {
  out[threadIdx.x] = static_cast<float>(__ballot_sync(threadIdx.x == 2 ? 0x7u : kAll, 1));
}

TEST(SimtMisuse, AMaskThatLiesIsNamed) {
  expect_words(refusal(passes_a_mask_without_itself),
               {"lane 8", "does not name the lane that passes it", "with mask 000000ff"});
  expect_words(refusal(names_a_lane_that_never_comes),
               {"lanes 0-3: at __syncwarp with mask 000000ff", "lanes 4-31: left the kernel"});
  expect_words(refusal(asks_a_lane_outside_the_mask), {"asks a lane that its mask does not name"});
  expect_words(refusal(passes_two_masks), {"lanes 2: at __ballot_sync with mask 00000007"});
  expect_words(refusal(names_a_lane_that_never_comes, {1, 6}), {"lanes that the block has not"});
}

__global__ void leaves_before_the_block_meets(float* out) {
  out[threadIdx.x] = 0.0f;
  if (threadIdx.x >= 32) return;
  __syncthreads();
}
__global__ void meets_in_two_places(float* out) {
  if (threadIdx.x < 32) {
    __syncthreads();
    out[threadIdx.x] = 1.0f;
  } else {
    out[threadIdx.x] = 2.0f;
    __syncthreads();
  }
}

TEST(SimtMisuse, AThreadThatMissesItsBlockIsNamed) {
  expect_words(refusal(leaves_before_the_block_meets, {1, 64}),
               {"threads 0-31: at __syncthreads", "threads 32-63: left the kernel"});
  expect_words(refusal(meets_in_two_places, {1, 64}),
               {"threads 0-31: at __syncthreads", "threads 32-63: at __syncthreads"});
}

__global__ void does_nothing(float* out) { out[threadIdx.x] = 1.0f; }

TEST(SimtMisuse, SharedMemoryBeyond48KiBIsAskedForFirst) {
  const LaunchShape large{1, 32, 64 << 10};
  expect_words(refusal(does_nothing, large), {"at most", "49152 bytes"});
  constexpr auto kMost = cudaFuncAttributeMaxDynamicSharedMemorySize;
  EXPECT_NE(cudaFuncSetAttribute(does_nothing, kMost, 228 << 10), cudaSuccess);
  EXPECT_EQ(cudaFuncSetAttribute(does_nothing, kMost, 64 << 10), cudaSuccess);
  EXPECT_EQ(refusal(does_nothing, large), "");
}

TEST(SimtMisuse, TheNextLaunchIsWhole) {
  EXPECT_NE(refusal(leaves_early, {1, 64}), "");
  EXPECT_EQ(numbers_of(does_nothing, {1, 64}), std::vector<float>(64, 1.0f));
}

}  // namespace
}  // namespace kennel::testing
