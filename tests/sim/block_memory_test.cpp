// The shared memory of the step kernels against every architecture's budget.
#include "kernels/block_memory.h"

#include <gtest/gtest.h>

#include <set>

#include "envs/robots.h"
#include "kennel/dynamics/folded_leg.h"

namespace kennel {
namespace {

using Folded = BlockMemory<kFoldedThreads, FoldedLegThread<NoExchange, FoldedRobot>>;
using General = LoadedBlockMemory<kGeneralThreads, LoadedLegThread<NoExchange>>;
using Many = LoadedBlockMemory<kGeneralThreads, LoadedLegThread<NoExchange, kMaxPoints>>;

TEST(BlockMemory, FitsTheBudgetOfEveryArchitecture) {
  EXPECT_EQ(arch_too_small(sizeof(Folded), sizeof(General), sizeof(Many)), 0);
}

TEST(BlockMemory, GrownBeyondABudgetItIsRefusedByItsArchitecture) {
  // Two words a thread more fit everywhere today; the narrowest give no room for six.
  EXPECT_EQ(arch_too_small(sizeof(Folded) + 2 * 4 * kFoldedThreads, sizeof(General)), 0);
  EXPECT_EQ(arch_too_small(sizeof(Folded) + 6 * 4 * kFoldedThreads, sizeof(General)), 86);
  EXPECT_EQ(arch_too_small(sizeof(Folded), 40 * 1024 + 1), 75);
  EXPECT_EQ(arch_too_small(82 * 1024, sizeof(General)), 75);
  EXPECT_EQ(arch_too_small(sizeof(Folded), sizeof(General), 64 * 1024), 75);
}

TEST(BlockMemory, ABudgetLeavesWhatTheSystemTakes) {
  constexpr SharedBudget hopper{90, 228, 227, 2, 4};
  EXPECT_EQ(hopper.bytes(1), 227u * 1024);
  EXPECT_EQ(hopper.bytes(2), 113u * 1024);
  EXPECT_EQ(hopper.bytes(4), 56u * 1024);
}

TEST(BlockMemory, NeighboursLieOnDifferentBanks) {
  const auto banks = [](std::size_t bytes, int neighbours) {
    std::set<std::size_t> banks;
    for (int i = 0; i < neighbours; ++i) banks.insert(i * bytes / 4 % 32);
    return static_cast<int>(banks.size());
  };
  EXPECT_EQ(banks(sizeof(Folded::states[0]), 32), 32);
  EXPECT_EQ(banks(sizeof(General::states[0]), 32), 32);
  EXPECT_EQ(banks(sizeof(General::constants[0]), kNumLegs), kNumLegs);
}

}  // namespace
}  // namespace kennel
