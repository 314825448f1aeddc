// Numbers on their way from the device to the host.
#pragma once

#include <c10/core/Event.h>
#include <torch/types.h>

#include <cstdint>
#include <optional>

namespace kennel {

/// A copy that is asked for in the device's own queue and waited for once it is needed. On a GPU it
/// goes to page-locked memory, so that asking does not wait.
class Readback {
 public:
  Readback(std::int64_t size, torch::Device device, torch::ScalarType type = torch::kFloat32);

  /// \param numbers  (size) on the device
  void send(const torch::Tensor& numbers);

  /// What was sent last, (size) on the host. Waits for it, and so for everything asked for before.
  const torch::Tensor& wait();

  /// How often this thread's devices had to be waited for so far: what was sent before something
  /// that has arrived has arrived as well.
  static std::int64_t waits();

 private:
  torch::Device device_;
  torch::Tensor host_;                 // (size)
  std::optional<c10::Event> arrived_;  // where the device does not wait for itself
  std::int64_t number_ = 0;            // of what was sent last, among all that this thread sent
};

}  // namespace kennel
