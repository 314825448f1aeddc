// How far a run is, as its random numbers know it.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace kennel {

/// The control steps that each environment has made since the run began, on the host and in a word
/// of the device: what was recorded for a device once is played again later and must read the
/// number as it is then.
class StepCounter {
 public:
  explicit StepCounter(torch::Device device)
      : word_(torch::zeros({}, torch::TensorOptions().dtype(torch::kInt64).device(device))) {}

  std::int64_t value() const { return value_; }
  const torch::Tensor& word() const { return word_; }  // () int64

  void set(std::int64_t steps) {
    value_ = steps;
    word_.fill_(steps);
  }
  void advance(std::int64_t steps) {
    value_ += steps;
    word_.add_(steps);
  }

 private:
  std::int64_t value_ = 0;
  torch::Tensor word_;
};

}  // namespace kennel
