// The step kernels with other numbers of threads a block than they are launched with: which threads
// share a block must change no bit.
//
// The walking task's kernels are compiled here too, and the library's are left alone: a compiler
// may contract products and sums in one file otherwise than in another.
#include "envs/robots.h"
#include "kernels/step_walk.cu"
#include "tests/simt/device_batch.h"
#include "tests/simt/lane_kernels.h"

namespace kennel {
namespace {

using namespace quadruped;

template <int kBlock, class Legs>
using MemoryOf = std::conditional_t<kKnownConstants<Legs>, BlockMemory<kBlock, Legs>,
                                    LoadedBlockMemory<kBlock, Legs>>;

template <int kBlock, class Legs>
__global__ void step_in_blocks(const __grid_constant__ Task task,
                               const __grid_constant__ BatchMemory batch, const float* action,
                               const __grid_constant__ StepPointers out) {
  const At at = this_thread(kBlock);
  auto& memory = block_memory<MemoryOf<kBlock, Legs>>();
  if constexpr (kKnownConstants<Legs>) {
    step_envs<Walk, kBlock>(Legs{{at.leg, {}}}, at, memory, task, batch, action, out);
  } else {
    using Constants = Leg<float, Legs::kPoints>;  // a prefix of the robot's
    if (threadIdx.x < kNumLegs)
      std::memcpy(static_cast<void*>(&memory.constants[threadIdx.x]), &task.model.leg[threadIdx.x],
                  sizeof(Constants));
    __syncthreads();
    const Legs legs{at.leg, WarpShuffle{}, &memory.constants[at.leg]};
    step_envs<Walk, kBlock>(legs, at, memory, task, batch, action, out);
  }
}

}  // namespace

namespace testing {
namespace {

using namespace quadruped;

template <int kBlock, class Legs>
void expect_same_bits_in_blocks(const quadruped::EnvConfig& config) {
  const quadruped::Task task =
      quadruped::make_task(config, pupper_v3::kRobot, FoldedRobot::kConstants, 11);
  DeviceBatch usual(task, 60), other(task, 60);  // padded to 256 threads
  const auto kernel = step_in_blocks<kBlock, Legs>;
  const std::size_t shared = sizeof(MemoryOf<kBlock, Legs>);
  ASSERT_EQ(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                 static_cast<int>(shared)),
            cudaSuccess);
  for (int t = 0; t < 12; ++t) {
    std::vector<float> action;
    for (int i = 0; i < 60 * kNumJoints; ++i)
      action.push_back(0.4f * std::sin(0.7f * static_cast<float>(t) + static_cast<float>(i)));
    usual.step(action);
    launch("step kernel", kernel, {other.memory.stride * kNumLegs / kBlock, kBlock, shared},
           nullptr, task, other.memory, action.data(), other.out());
    ASSERT_EQ(usual.obs, other.obs) << t;
    ASSERT_EQ(usual.privileged, other.privileged) << t;
    ASSERT_EQ(usual.reward, other.reward) << t;
    ASSERT_EQ(usual.truncated, other.truncated) << t;
    ASSERT_EQ(usual.command_changed, other.command_changed) << t;
  }
}

TEST(SimtBlocks, OfAnySizeGiveTheSameBits) {
  expect_same_bits_in_blocks<32, FoldedWarpLeg<FoldedRobot>>(busy_config());
  expect_same_bits_in_blocks<64, FoldedWarpLeg<FoldedRobot>>(busy_config());
  expect_same_bits_in_blocks<256, FoldedWarpLeg<FoldedRobot>>(busy_config());
  using PlainLeg = PlainWarpLeg<Links<1, 2>>;
  expect_same_bits_in_blocks<32, PlainLeg>(exact_weights(busy_config()));
  expect_same_bits_in_blocks<128, PlainLeg>(exact_weights(busy_config()));
  expect_same_bits_in_blocks<32, LoadedWarpLeg>(one_iteration(busy_config()));
  expect_same_bits_in_blocks<128, LoadedWarpLeg>(one_iteration(busy_config()));
}

}  // namespace
}  // namespace testing
}  // namespace kennel
