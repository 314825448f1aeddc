// A control step that was captured once follows what training tells its environments later.
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <torch/cuda.h>

#include "tests/sim/cuda_fixture.h"

namespace kennel::testing {
namespace {

TEST(CudaGraph, ACapturedStepFollowsTheScheduleThatIsSetLater) {
  NEEDS_CUDA();
  constexpr int kEnvs = 300;
  EnvConfig config = busy_config();
  config.command.change_from = 0.5f;
  config.task.episode_seconds = 10;  // no episode ends
  const auto eager = env_on("cuda", kEnvs, 4, config), captured = env_on("cuda", kEnvs, 4, config);
  torch::Tensor action = waves(0, kEnvs, 0.1).to(eager->device());
  eager->set_progress(0);
  captured->set_progress(0);
  at::cuda::CUDAGraph step;
  torch::cuda::synchronize();
  {
    const c10::cuda::CUDAStreamGuard stream(c10::cuda::getStreamFromPool());
    step.capture_begin();
    captured->step(action);
    step.capture_end();
  }
  for (const double progress : {0.2, 0.7, 0.1, 0.9}) {
    SCOPED_TRACE(progress);
    eager->set_progress(progress);
    captured->set_progress(progress);
    double changes = 0;
    for (int t = 0; t < 5; ++t) {
      eager->step(action);
      step.replay();
      expect_same_bits(*eager, *captured);
      changes += captured->buffers().command_changed.sum().item<double>();
    }
    EXPECT_EQ(changes > 0, progress >= 0.5) << changes;
  }
}

}  // namespace
}  // namespace kennel::testing
