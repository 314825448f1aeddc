// Rows worked on in slices, each small enough for a cache or a device's memory, spread over a pool
// of threads.
#pragma once

#include <ATen/core/LegacyTypeDispatch.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "kennel/rl/worker_pool.h"

namespace kennel {

/// Rows `begin` to `begin + rows` of a batch.
struct Slice {
  std::int64_t index = 0;
  std::int64_t begin = 0;
  std::int64_t rows = 0;
};

/// How a batch is cut into slices of at most `rows_a_slice`. It depends on the batch alone, never
/// on the number of threads, and so do the bits of what is computed.
struct SlicePlan {
  std::int64_t rows = 0;
  std::int64_t rows_a_slice = 0;
  std::int64_t num_slices = 0;

  SlicePlan(std::int64_t num_rows, std::int64_t most_a_slice)
      : rows(num_rows),
        rows_a_slice(std::min(num_rows, most_a_slice)),
        num_slices(rows_a_slice == 0 ? 0 : (num_rows + rows_a_slice - 1) / rows_a_slice) {}

  Slice slice(std::int64_t index) const {
    const std::int64_t begin = index * rows_a_slice;
    return {index, begin, std::min(rows_a_slice, rows - begin)};
  }
};

/// The plan's slices, one after the other.
inline std::vector<Slice> slices_of(const SlicePlan& plan) {
  std::vector<Slice> out;
  for (std::int64_t k = 0; k < plan.num_slices; ++k) out.push_back(plan.slice(k));
  return out;
}

/// Calls work(slice, worker) for every slice, on all threads of the pool; see WorkerPool::run for
/// `worker`. Operations skip autograd, whose bookkeeping costs as much as a small operation itself.
template <class Work>
void for_each_slice(WorkerPool& pool, std::span<const Slice> slices, const Work& work) {
  pool.run(static_cast<std::int64_t>(slices.size()), [&](std::int64_t index, int worker) {
    const at::AutoDispatchBelowADInplaceOrView below_autograd;
    work(slices[static_cast<std::size_t>(index)], worker);
  });
}

template <class Work>
void for_each_slice(WorkerPool& pool, const SlicePlan& plan, const Work& work) {
  pool.run(plan.num_slices, [&](std::int64_t index, int worker) {
    const at::AutoDispatchBelowADInplaceOrView below_autograd;
    work(plan.slice(index), worker);
  });
}

}  // namespace kennel
