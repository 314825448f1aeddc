// What a device is asked for, recorded once and played as one launch.
#pragma once

#include <cstdint>

namespace kennel {

/// A recording of a device's work, made and played on LibTorch's current stream. What is recorded
/// keeps its numbers and its memory's addresses: what changes from one playing to the next must lie
/// in the device's memory.
class DeviceGraph {
 public:
  virtual ~DeviceGraph() = default;  // ends a recording that was not ended

  /// From now on this thread's work for the device is recorded and not done. Memory that is
  /// allocated meanwhile is the recording's own, and lives as long as it.
  virtual void begin_capture() = 0;
  virtual void end_capture() = 0;

  /// Asks for all of it. Does not wait.
  virtual void launch() = 0;

  /// How many operations were recorded: kernels, copies, fills.
  virtual std::int64_t operations() const = 0;
};

}  // namespace kennel
