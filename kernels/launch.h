// Where kernels start and find their block's memory: the two things that a host's stand-in for CUDA
// (tests/simt) writes otherwise than nvcc. All other text of a kernel is the same for both.
#pragma once

#include <cuda_runtime_api.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "kernels/step_args.h"

namespace kennel {

/// How many threads run, and what each block of them shares beside its static memory.
struct LaunchShape {
  int blocks, threads;
  std::size_t shared_bytes = 0;
};

inline std::atomic<std::int64_t> launch_count{0};  // `launched_kernels`

/// Starts a kernel on a stream; never allocates or waits.
/// \param what  the kernel's name in messages
/// \throws Error when the launch was refused
template <class... Params, class... Args>
void launch(const char* what, void (*kernel)(Params...), const LaunchShape& shape,
            [[maybe_unused]] cudaStream_t stream, Args&&... args) {
#ifdef __CUDACC__
  kernel<<<shape.blocks, shape.threads, shape.shared_bytes, stream>>>(std::forward<Args>(args)...);
#else  // a host compiler, with the headers of tests/simt in place of CUDA's
  simt::run(what, kernel, shape.blocks, shape.threads, shape.shared_bytes,
            std::forward<Args>(args)...);
#endif
  check_cuda(cudaGetLastError(), what);
  ++launch_count;
}

/// What a block shares: the LaunchShape's dynamic memory, aligned to 16 bytes.
template <class Memory>
__device__ Memory& block_memory() {
#ifdef __CUDACC__
  extern __shared__ FourNumbers memory_of_block[];
  return *reinterpret_cast<Memory*>(memory_of_block);
#else
  return *reinterpret_cast<Memory*>(simt::shared_memory());
#endif
}

}  // namespace kennel
