// LibTorch's choice of a device, where there is only the host.
#pragma once

#include <c10/core/Device.h>

namespace c10::cuda {

class CUDAGuard {
 public:
  explicit CUDAGuard(Device) {}
};

}  // namespace c10::cuda
