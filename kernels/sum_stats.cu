// Episode statistics: one sum over the environments for each field, by CUB, in an order that does
// not change from run to run.
#include <thrust/iterator/counting_iterator.h>
#include <thrust/iterator/transform_iterator.h>

#include <cub/device/device_segmented_reduce.cuh>

#include "kennel/core/check.h"
#include "kernels/launch.h"
#include "kernels/step_args.h"

namespace kennel {
namespace {

/// Where the row of a stat field starts; padding environments are left out by ending at num_envs.
struct RowStart {
  int stride, shift;
  __host__ __device__ int operator()(int field) const { return field * stride + shift; }
};

struct ToDouble {
  __host__ __device__ double operator()(float x) const { return x; }
};

cudaError_t sum(void* scratch, std::size_t& bytes, const BatchMemory& batch, double* sums,
                cudaStream_t stream) {
  const auto values =
      thrust::make_transform_iterator(static_cast<const float*>(batch.stats), ToDouble{});
  const auto fields = thrust::make_counting_iterator(0);
  const auto begin = thrust::make_transform_iterator(fields, RowStart{batch.stride, 0});
  const auto end = thrust::make_transform_iterator(fields, RowStart{batch.stride, batch.num_envs});
  return cub::DeviceSegmentedReduce::Sum(scratch, bytes, values, sums, kStatFields, begin, end,
                                         stream);
}

}  // namespace

std::size_t stats_scratch_bytes(const BatchMemory& batch) {
  std::size_t bytes = 0;
  check_cuda(sum(nullptr, bytes, batch, nullptr, nullptr), "scratch size of the statistics");
  return bytes;
}

void launch_sum_stats(const BatchMemory& batch, double* sums, void* scratch,
                      std::size_t scratch_bytes, cudaStream_t stream) {
  check_cuda(sum(scratch, scratch_bytes, batch, sums, stream), "sum of the statistics");
  check_cuda(
      cudaMemsetAsync(batch.stats, 0,
                      sizeof(float) * kStatFields * static_cast<std::size_t>(batch.stride), stream),
      "clearing the statistics");
  launch_count += 2;  // CUB's, which is one kernel for so few sums, and the clearing
}

std::int64_t launched_kernels() { return launch_count; }

void check_cuda(cudaError_t code, const char* what) {
  KENNEL_CHECK(code == cudaSuccess, "CUDA: ", what, " failed: ", cudaGetErrorString(code));
}

}  // namespace kennel
