#include "kennel/rl/worker_pool.h"

#include <ATen/Parallel.h>
#include <torch/types.h>

namespace kennel {
namespace {

int with_single_threaded_torch(int num_threads) {
  at::set_num_threads(1);
  return num_threads;
}

}  // namespace

// Torch keeps its number of threads a thread, hence the call in each.
WorkerPool::WorkerPool(int num_threads)
    : ThreadPool(with_single_threaded_torch(num_threads), [] { at::init_num_threads(); }) {}

}  // namespace kennel
