#include "kennel/rl/readback.h"

#include <c10/core/impl/VirtualGuardImpl.h>

#include <cstddef>

namespace kennel {

Readback::Readback(std::int64_t size, torch::Device device)
    : device_(device),
      host_(torch::zeros({size}, torch::TensorOptions().pinned_memory(!device.is_cpu()))) {
  if (!device.is_cpu()) arrived_.emplace(device.type());
}

void Readback::send(const torch::Tensor& numbers) {
  host_.copy_(numbers, /*non_blocking=*/true);
  if (arrived_) arrived_->record(c10::impl::VirtualGuardImpl(device_.type()).getStream(device_));
}

std::span<const float> Readback::wait() {
  if (arrived_) arrived_->synchronize();
  return {host_.const_data_ptr<float>(), static_cast<std::size_t>(host_.numel())};
}

}  // namespace kennel
