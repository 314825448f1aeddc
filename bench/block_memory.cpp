// Prints the shared memory of the step kernels and its budgets as one JSON object, for
// gpu_static.py.
#include "kernels/block_memory.h"

#include <cstdio>

#include "envs/robots.h"
#include "kennel/dynamics/folded_leg.h"

int main() {
  using namespace kennel;
  using Folded = BlockMemory<kFoldedThreads, FoldedLegThread<NoExchange, FoldedRobot>>;
  using General = LoadedBlockMemory<kGeneralThreads, LoadedLegThread<NoExchange>>;
  using Many = LoadedBlockMemory<kGeneralThreads, LoadedLegThread<NoExchange, kMaxPoints>>;
  std::printf("{\"bytes\": {\"folded\": %zu, \"general\": %zu, \"many\": %zu}, \"budgets\": {",
              sizeof(Folded), sizeof(General), sizeof(Many));
  const char* comma = "";
  for (const SharedBudget& budget : kSharedBudgets) {
    std::printf(
        "%s\"%d\": {\"multiprocessor\": %d, \"folded\": %zu, \"general\": %zu, \"many\": %zu}",
        comma, budget.arch, 1024 * budget.kib, budget.bytes(budget.folded_blocks),
        budget.bytes(budget.general_blocks), budget.bytes(1));
    comma = ", ";
  }
  std::printf("}}\n");
}
