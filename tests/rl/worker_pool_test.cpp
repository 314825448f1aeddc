// Every task runs exactly once, whatever the threads do.
#include "kennel/rl/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

namespace kennel {
namespace {

TEST(WorkerPool, RunsEveryTaskOnceInManyShortRounds) {
  WorkerPool pool(3);
  for (int round = 0; round < 2000; ++round) {
    const int count = round % 7;
    std::vector<std::atomic<int>> runs(7);
    pool.run(count, [&](std::int64_t index, int worker) {
      EXPECT_GE(worker, 0);
      EXPECT_LT(worker, 3);
      ++runs[static_cast<std::size_t>(index)];
    });
    for (int k = 0; k < 7; ++k) ASSERT_EQ(runs[static_cast<std::size_t>(k)], k < count ? 1 : 0);
  }
}

TEST(WorkerPool, NeverGivesTwoRunningTasksTheSameWorker) {
  WorkerPool pool(4);
  std::vector<std::atomic<int>> inside(4);
  std::atomic<bool> shared = false;
  pool.run(400, [&](std::int64_t, int worker) {
    if (++inside[static_cast<std::size_t>(worker)] != 1) shared = true;
    --inside[static_cast<std::size_t>(worker)];
  });
  EXPECT_FALSE(shared);
}

TEST(WorkerPool, ThrowsWhatATaskThrewAndWorksOnAfterwards) {
  for (const int threads : {1, 3}) {
    WorkerPool pool(threads);
    EXPECT_THROW(pool.run(20,
                          [](std::int64_t index, int) {
                            if (index == 7) throw std::runtime_error("seven");
                          }),
                 std::runtime_error);
    std::atomic<int> sum = 0;
    pool.run(20, [&](std::int64_t index, int) { sum += static_cast<int>(index); });
    EXPECT_EQ(sum, 190);
  }
}

}  // namespace
}  // namespace kennel
