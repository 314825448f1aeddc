// The one place that starts kernels: a host stand-in for CUDA replaces this function and nothing
// else of a kernel's text.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <utility>

#include "kernels/step_args.h"

namespace kennel {

/// How many threads run, and what each block of them shares beside its static memory.
struct LaunchShape {
  int blocks, threads;
  std::size_t shared_bytes = 0;
};

#ifdef __CUDACC__
/// Starts a kernel on a stream; never allocates or waits.
/// \param what  the kernel's name in messages
/// \throws Error when the launch was refused
template <class... Params, class... Args>
void launch(const char* what, void (*kernel)(Params...), const LaunchShape& shape,
            cudaStream_t stream, Args&&... args) {
  kernel<<<shape.blocks, shape.threads, shape.shared_bytes, stream>>>(std::forward<Args>(args)...);
  check_cuda(cudaGetLastError(), what);
}

/// What a block shares: the LaunchShape's dynamic memory, aligned to 16 bytes.
template <class Memory>
__device__ Memory& block_memory() {
  extern __shared__ FourNumbers memory_of_block[];
  return *reinterpret_cast<Memory*>(memory_of_block);
}
#endif

}  // namespace kennel
