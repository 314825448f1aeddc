// What the tests of the machine launch: one line for a kernel of one warp.
#pragma once

#include <cuda_runtime_api.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "kernels/launch.h"

namespace kennel::testing {

inline constexpr unsigned kAll = 0xffffffffu;

/// Runs a kernel that fills a number for each thread.
inline std::vector<float> numbers_of(void (*kernel)(float*), const LaunchShape& shape) {
  std::vector<float> out(static_cast<std::size_t>(shape.blocks) * shape.threads, -1.0f);
  launch("test kernel", kernel, shape, nullptr, out.data());
  return out;
}

/// The message with which a launch was refused; empty: it was not.
inline std::string refusal(void (*kernel)(float*), const LaunchShape& shape = {1, 32}) {
  try {
    numbers_of(kernel, shape);
  } catch (const simt::Misuse& misuse) {
    return misuse.what();
  }
  return "";
}

/// A schedule for as long as this lives.
class Scheduled {
 public:
  explicit Scheduled(const simt::Schedule& schedule) { simt::set_schedule(schedule); }
  ~Scheduled() { simt::set_schedule({}); }
  Scheduled(const Scheduled&) = delete;
  Scheduled& operator=(const Scheduled&) = delete;
};

}  // namespace kennel::testing
