// Faults planted in small kernels: each sanitizer is seen to catch what it is there for.
#include <cstdlib>
#include <limits>

#include "tests/simt/lane_kernels.h"

namespace kennel::testing {
namespace {

class SimtSanitizer : public ::testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

[[maybe_unused]] const LaunchShape kWarp{1, 32, 32 * sizeof(float)};

#ifdef __SANITIZE_ADDRESS__
__global__ void stores_past_its_rows(float* out) {
  out[threadIdx.x + (threadIdx.x == 31 ? 1 : 0)] = 1.0f;
}
__global__ void stores_past_dynamic_memory(float* out) {
  float* shared = &block_memory<float>();
  shared[threadIdx.x + 1] = 1.0f;
  __syncwarp();
  out[threadIdx.x] = shared[threadIdx.x];
}
__global__ void stores_past_static_memory(float* out) {
  __shared__ float fixed[32];
  float* shared = fixed;
  shared[threadIdx.x + blockDim.x / 32] = 1.0f;
  __syncwarp();
  out[threadIdx.x] = shared[threadIdx.x];
}
__global__ void stores_past_its_own_array(float* out) {
  float own[4] = {};
  own[threadIdx.x % 5] = 1.0f;
  out[threadIdx.x] = own[0] + __shfl_xor_sync(kAll, own[1], 1);
}

TEST_F(SimtSanitizer, AddressSanitizerSeesAStorePastARow) {
  EXPECT_DEATH(numbers_of(stores_past_its_rows, kWarp), "heap-buffer-overflow");
}
TEST_F(SimtSanitizer, AddressSanitizerSeesTheEndsOfSharedMemory) {
  EXPECT_DEATH(numbers_of(stores_past_dynamic_memory, kWarp), "heap-buffer-overflow");
  EXPECT_DEATH(numbers_of(stores_past_static_memory, kWarp),
               "global-buffer-overflow|insufficient space");
}
TEST_F(SimtSanitizer, AddressSanitizerSeesTheEndOfALanesOwnArray) {
  EXPECT_DEATH(numbers_of(stores_past_its_own_array, kWarp), "stack-buffer-overflow|index 4 out");
}

__global__ void overflows(float* out) {
  int i = std::numeric_limits<int>::max() - 30;
  i += static_cast<int>(threadIdx.x);
  out[threadIdx.x] = static_cast<float>(i);
}

TEST_F(SimtSanitizer, UndefinedBehaviourEndsTheProgram) {
  EXPECT_DEATH(numbers_of(overflows, kWarp), "signed integer overflow");
}
#endif

#ifdef __SANITIZE_THREAD__
enum class Wait { kNothing, kShuffle, kSyncWarp };

template <Wait kWait>
__global__ void to_the_neighbour(float* out) {
  float* shared = &block_memory<float>();
  const int t = threadIdx.x;
  shared[t] = static_cast<float>(t);
  if (kWait == Wait::kSyncWarp) __syncwarp();
  if (kWait == Wait::kShuffle) __shfl_xor_sync(kAll, 1.0f, 1);  // orders no memory
  out[t] = shared[(t + 1) % 32];
}

template <bool kWaits>
__global__ void to_the_next_warp(float* out) {
  __shared__ float shared[64];
  const int t = threadIdx.x;
  shared[t] = static_cast<float>(t);
  __syncwarp();
  if (kWaits) __syncthreads();
  out[t] = shared[63 - t];
}

/// Ends the process as a program does that was run under ThreadSanitizer: 66 where it saw a race.
void run_alone(void (*kernel)(float*), const LaunchShape& shape) {
  numbers_of(kernel, shape);
  std::exit(0);
}

TEST_F(SimtSanitizer, ThreadSanitizerSeesAMissingSyncwarp) {
  const auto races = ::testing::ExitedWithCode(66), clean = ::testing::ExitedWithCode(0);
  EXPECT_EXIT(run_alone(to_the_neighbour<Wait::kNothing>, kWarp), races, "data race");
  EXPECT_EXIT(run_alone(to_the_neighbour<Wait::kShuffle>, kWarp), races, "data race");
  EXPECT_EXIT(run_alone(to_the_neighbour<Wait::kSyncWarp>, kWarp), clean, "");
}
TEST_F(SimtSanitizer, ThreadSanitizerSeesAMissingSyncthreads) {
  const auto races = ::testing::ExitedWithCode(66), clean = ::testing::ExitedWithCode(0);
  EXPECT_EXIT(run_alone(to_the_next_warp<false>, {2, 64}), races, "data race");
  EXPECT_EXIT(run_alone(to_the_next_warp<true>, {2, 64}), clean, "");
}
#endif

}  // namespace
}  // namespace kennel::testing
