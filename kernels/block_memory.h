// What a block of the step kernels shares, and how much of it each architecture gives.
//
// The memory is dynamic, since a kernel has 48 KiB at most otherwise. EnvState may grow until a
// budget below is met; then this file does not compile and says which architecture is full.
#pragma once

#include <cstddef>
#include <type_traits>

#include "envs/quadruped/control_step.h"
#include "kennel/batch/warp_rows.h"
#include "kennel/dynamics/leg_thread.h"

namespace kennel {

// Threads a block.
inline constexpr int kGeneralThreads = 64, kFoldedThreads = 128;

/// An odd number of words puts the threads of a warp, or the legs of an environment, on different
/// banks.
template <class Words, bool kOdd = sizeof(Words) / 4 % 2 == 1>
struct OddWords : Words {};
template <class Words>
struct OddWords<Words, false> : Words {
  float pad;
};

/// What a warp shares: first what its threads keep over the physics, then the rows they write.
template <class Legs>
union WarpScratch {
  OddWords<quadruped::Simulated<float, Legs>> simulated[kWarpSize];
  RowScratch rows;
};

/// What a block shares.
template <int kBlock, class Legs>
struct BlockMemory {
  static constexpr int kThreads = kBlock;
  OddWords<quadruped::EnvState<float, Legs>> states[kBlock];
  WarpScratch<Legs> scratches[kBlock / kWarpSize];
};

/// What a block shares where the robot's constants are loaded.
template <int kBlock, class Legs>
struct LoadedBlockMemory : BlockMemory<kBlock, Legs> {
  OddWords<Leg<float, Legs::kPoints>> constants[kNumLegs];
};

/// Shared memory of an architecture's multiprocessor, and how many blocks of each kernel are to fit
/// it: as many as its registers allow (two of 128 threads with 255 registers, four of 64) where the
/// memory is there. (CUDA C++ Programming Guide, "Technical Specifications per Compute
/// Capability".)
struct SharedBudget {
  int arch;               // compute capability, 90 for 9.0
  int kib, kib_of_block;  // of a multiprocessor; a block may ask for at most
  int folded_blocks, general_blocks;

  /// Bytes that a block may take, when `blocks` share a multiprocessor. The system takes 1 KiB a
  /// block.
  constexpr std::size_t bytes(int blocks) const {
    const int share = 1024 * kib / blocks - 1024, most = 1024 * kib_of_block;
    return static_cast<std::size_t>(share < most ? share : most);
  }
};

inline constexpr SharedBudget kSharedBudgets[] = {
    {75, 64, 64, 1, 2},   {80, 164, 163, 2, 4},  {86, 100, 99, 2, 3},  {89, 100, 99, 2, 3},
    {90, 228, 227, 2, 4}, {100, 228, 227, 2, 4}, {120, 100, 99, 2, 3},
};

/// The first architecture whose budget is too small; 0 where all suffice.
/// \param many_bytes  of the kernel for many points, of which one block must fit
constexpr int arch_too_small(std::size_t folded_bytes, std::size_t general_bytes,
                             std::size_t many_bytes = 0) {
  for (const SharedBudget& budget : kSharedBudgets)
    if (folded_bytes > budget.bytes(budget.folded_blocks) ||
        general_bytes > budget.bytes(budget.general_blocks) || many_bytes > budget.bytes(1))
      return budget.arch;
  return 0;
}

/// Fails to compile as FullOn<arch>, which names the architecture.
template <int arch>
struct FullOn {
  static_assert(arch == 0,
                "a block's shared memory is over the budget of an architecture (kSharedBudgets): "
                "shrink EnvState, or let fewer blocks share that architecture's multiprocessor");
};

}  // namespace kennel
