// A task's step kernels, and the memory that a block of them takes.
//
// Each task's are compiled apart, kernels/step_TASK.cu, because a file of them all takes minutes.
#pragma once

#include <array>
#include <utility>

#include "kennel/batch/folded_fit.h"
#include "kennel/batch/plain_fit.h"
#include "kernels/block_memory.h"
#include "kernels/step_args.h"
#include "kernels/warp_leg.h"

namespace kennel::quadruped {

template <class Robot>
using FoldedMemoryOf = BlockMemory<kFoldedThreads, FoldedWarpLeg<Robot>>;
using FoldedMemory = FoldedMemoryOf<FoldedRobot>;  // of the same size for every robot
using GeneralMemory = LoadedBlockMemory<kGeneralThreads, LoadedWarpLeg>;
using ManyMemory = LoadedBlockMemory<kGeneralThreads, ManyLoadedWarpLeg>;
static_assert(sizeof(FullOn<arch_too_small(sizeof(FoldedMemory), sizeof(GeneralMemory),
                                           sizeof(ManyMemory))>) > 0);

using StepFunction = void (*)(Task, BatchMemory, const float*, StepPointers);

/// The kernels of a task.
struct StepKernels {
  std::array<StepFunction, kNumFolded> folded;  // in the order of FoldedRobots
  std::array<StepFunction, kNumPlain> plain;    // in the order of PlainLinks
  StepFunction general, many;                   // any robot with few points; any robot
};

/// Defined in kernels/step_kernel.h; a task that has no file of its own here is missed when the
/// program is linked.
template <class Goal>
StepKernels step_kernels();

}  // namespace kennel::quadruped
