// Deals runs out to devices.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "kennel/run/device.h"

namespace kennel {

/// Devices, and how many runs each of them trains.
class BusyDevices {
 public:
  explicit BusyDevices(std::vector<Device> devices)
      : devices_(std::move(devices)), runs_(devices_.size()) {}

  /// One more run on the device that trains fewest, the first of several.
  Device take() {
    const auto fewest = std::min_element(runs_.begin(), runs_.end());
    ++*fewest;
    return devices_[static_cast<std::size_t>(fewest - runs_.begin())];
  }

  /// One run fewer on a device that was taken.
  void give_back(const Device& device) {
    for (std::size_t k = 0; k < devices_.size(); ++k)
      if (name_of(devices_[k]) == name_of(device)) --runs_[k];
  }

 private:
  std::vector<Device> devices_;
  std::vector<int> runs_;
};

}  // namespace kennel
