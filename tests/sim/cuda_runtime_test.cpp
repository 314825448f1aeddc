// How the CUDA backend uses the device: whose memory, which stream, what it asks the driver for.
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>
#include <torch/cuda.h>

#include "tests/sim/cuda_fixture.h"

#ifdef KENNEL_CUPTI
#include <cupti.h>
#endif

namespace kennel::testing {
namespace {

TEST(CudaMemory, BuffersAreViewsOfDeviceMemoryWrittenInPlace) {
  NEEDS_CUDA();
  const auto env = env_on("cuda", 100, 1);
  const torch::Tensor action = waves(0, 100).to(env->device());
  const StepBuffers before = env->buffers();
  const torch::Tensor obs = before.obs.clone();
  env->step(action);
  EXPECT_EQ(env->buffers().obs.data_ptr(), before.obs.data_ptr());
  EXPECT_EQ(env->buffers().reward.data_ptr(), before.reward.data_ptr());
  EXPECT_FALSE(torch::equal(before.obs, obs)) << "an older view sees the new step";
  cudaPointerAttributes where{};
  ASSERT_EQ(cudaPointerGetAttributes(&where, before.obs.data_ptr()), cudaSuccess);
  EXPECT_EQ(where.type, cudaMemoryTypeDevice);
}

TEST(CudaMemory, ARolloutsSlotsAreWrittenDirectly) {
  NEEDS_CUDA();
  const auto env = env_on("cuda", 100, 1), reference = env_on("cuda", 100, 1);
  const auto options = torch::TensorOptions().device(env->device());
  const torch::Tensor rollout = torch::full({3, 100, env->spec().obs_size}, NAN, options);
  for (int t = 0; t < 3; ++t) {
    StepBuffers slots;
    slots.obs = rollout[t];
    env->bind(slots);
    EXPECT_EQ(env->buffers().obs.data_ptr(), rollout[t].data_ptr());
    const torch::Tensor action = waves(t, 100).to(env->device());
    env->step(action);
    reference->step(action);
    EXPECT_TRUE(torch::equal(rollout[t], reference->buffers().obs)) << t;
  }
}

TEST(CudaGraph, CapturedStepsAndResetsGiveTheSameBits) {
  NEEDS_CUDA();
  constexpr int kEnvs = 300, kSteps = 30;
  const auto eager = env_on("cuda", kEnvs, 4, busy_config()),
             captured = env_on("cuda", kEnvs, 4, busy_config());
  torch::Tensor action = waves(0, kEnvs).to(eager->device());

  at::cuda::CUDAGraph step, reset;
  torch::cuda::synchronize();
  {
    const c10::cuda::CUDAStreamGuard stream(c10::cuda::getStreamFromPool());
    step.capture_begin();
    captured->step(action);
    step.capture_end();
    reset.capture_begin();
    captured->reset();
    reset.capture_end();
  }
  const auto expect_same = [&](int t) {
    SCOPED_TRACE(t);
    expect_same_bits(*eager, *captured);
  };
  for (int t = 0; t < kSteps; ++t) {
    action.copy_(waves(t, kEnvs));
    eager->step(action);
    step.replay();
    expect_same(t);
  }
  eager->reset();
  reset.replay();
  expect_same(kSteps);
  eager->step(action);
  step.replay();
  expect_same(kSteps + 1);
}

#ifdef KENNEL_CUPTI
/// Counts calls of the runtime that copy between host and device or wait.
class CallCounter {
 public:
  CallCounter() {
    check(cuptiSubscribe(&subscriber_, &CallCounter::called, this));
    check(cuptiEnableDomain(1, subscriber_, CUPTI_CB_DOMAIN_RUNTIME_API));
    check(cuptiEnableDomain(1, subscriber_, CUPTI_CB_DOMAIN_DRIVER_API));
  }
  ~CallCounter() { cuptiUnsubscribe(subscriber_); }
  CallCounter(const CallCounter&) = delete;
  CallCounter& operator=(const CallCounter&) = delete;

  int copies = 0, waits = 0, launches = 0;
  std::string first_offender;

 private:
  static void check(CUptiResult result) {
    if (result != CUPTI_SUCCESS) throw std::runtime_error("CUPTI refuses to count calls");
  }

  static void CUPTIAPI called(void* self, CUpti_CallbackDomain, CUpti_CallbackId,
                              const void* data) {
    const auto& call = *static_cast<const CUpti_CallbackData*>(data);
    if (call.callbackSite != CUPTI_API_ENTER) return;
    auto& counter = *static_cast<CallCounter*>(self);
    const std::string name = call.functionName;
    const bool copies = name.find("Memcpy") != std::string::npos;
    const bool waits = name.find("Synchronize") != std::string::npos;
    counter.copies += copies;
    counter.waits += waits;
    // nvcc 13 launches by __cudaLaunchKernel.
    counter.launches += name.find("cudaLaunchKernel") != std::string::npos;
    if ((copies || waits) && counter.first_offender.empty()) counter.first_offender = name;
  }

  CUpti_SubscriberHandle subscriber_{};
};

TEST(CudaCalls, AHundredStepsCopyNothingAndNeverWait) {
  NEEDS_CUDA();
  const auto env = env_on("cuda", 256, 1, busy_config());
  const torch::Tensor action = waves(0, 256).to(env->device());
  env->step(action);  // loads the kernel
  torch::cuda::synchronize();
  CallCounter calls;
  for (int t = 0; t < 100; ++t) env->step(action);
  EXPECT_EQ(calls.copies, 0) << calls.first_offender;
  EXPECT_EQ(calls.waits, 0) << calls.first_offender;
  EXPECT_EQ(calls.launches, 100) << "one launch a control step";
  env->buffers().reward.cpu();  // the counter counts
  EXPECT_GT(calls.copies, 0);
  EXPECT_GT(calls.waits, 0);
}
#else
TEST(CudaCalls, AHundredStepsCopyNothingAndNeverWait) {
  GTEST_SKIP() << "CUPTI's header or library was not found when this was built";
}
#endif

}  // namespace
}  // namespace kennel::testing
