#include "cuda_device.h"

#include <ATen/detail/CUDAHooksInterface.h>
#include <cuda_runtime_api.h>

#include "kennel/core/check.h"

namespace kennel {

torch::Device usable_device(const std::string& name) {
  // LibTorch looks for its CUDA half once, at the first question about CUDA, and keeps the answer.
  // This library brings that half along: it must be loaded before anyone asks.
  KENNEL_CHECK(
      at::detail::getCUDAHooks().hasCUDART(), "device ", name,
      ": LibTorch was asked about CUDA before the CUDA backend was loaded, and will say no "
      "for the rest of this process; make the environments before anything else that "
      "asks (torch::cuda::is_available, torch::manual_seed)");
  int count = 0;
  const cudaError_t code = cudaGetDeviceCount(&count);
  KENNEL_CHECK(code == cudaSuccess && count > 0, "device ", name, ": ", cudaGetErrorString(code),
               "; use --device cpu, or update NVIDIA's driver to one for CUDA 13");
  torch::Device device(name == "auto" ? "cuda" : name);
  const int index = device.has_index() ? device.index() : 0;
  KENNEL_CHECK(index < count, "device ", name, ": this machine has ", count,
               " CUDA device(s), numbered from 0");
  return torch::Device(torch::kCUDA, static_cast<c10::DeviceIndex>(index));
}

}  // namespace kennel
