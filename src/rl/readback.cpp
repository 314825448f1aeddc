#include "kennel/rl/readback.h"

#include <c10/core/impl/VirtualGuardImpl.h>

namespace kennel {
namespace {

thread_local std::int64_t sent = 0, arrived = 0, waited = 0;

}  // namespace

Readback::Readback(std::int64_t size, torch::Device device, torch::ScalarType type)
    : device_(device),
      host_(torch::zeros({size},
                         torch::TensorOptions().dtype(type).pinned_memory(!device.is_cpu()))) {
  if (!device.is_cpu()) arrived_.emplace(device.type());
}

void Readback::send(const torch::Tensor& numbers) {
  host_.copy_(numbers, /*non_blocking=*/true);
  if (arrived_) arrived_->record(c10::impl::VirtualGuardImpl(device_.type()).getStream(device_));
  number_ = ++sent;
}

const torch::Tensor& Readback::wait() {
  if (arrived_) arrived_->synchronize();
  if (number_ > arrived) {
    arrived = number_;
    ++waited;
  }
  return host_;
}

std::int64_t Readback::waits() { return waited; }

}  // namespace kennel
