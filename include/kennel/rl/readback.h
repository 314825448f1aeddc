// Numbers on their way from the device to the host.
#pragma once

#include <c10/core/Event.h>
#include <torch/torch.h>

#include <cstdint>
#include <optional>
#include <span>

namespace kennel {

/// A copy that is asked for in the device's own queue and waited for once it is needed. On a GPU it
/// goes to page-locked memory, so that asking does not wait.
class Readback {
 public:
  Readback(std::int64_t size, torch::Device device);

  /// \param numbers  (size) float32 on the device
  void send(const torch::Tensor& numbers);

  /// What was sent last. Waits for it, and so for everything asked for before.
  std::span<const float> wait();

 private:
  torch::Device device_;
  torch::Tensor host_;                 // (size)
  std::optional<c10::Event> arrived_;  // where the device does not wait for itself
};

}  // namespace kennel
