// Adam on one flat parameter vector, with its learning rate on the device.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>

#include "kennel/rl/tensor_archive.h"

namespace kennel {

/// Adam (Kingma, Ba 2015), the gradient's norm clipped first. Skips a gradient that is not finite.
class Adam {
 public:
  Adam(std::int64_t num_parameters, double learning_rate, torch::Device device);

  /// parameters <- parameters - learning rate * Adam's direction. Clips `gradient` in place.
  /// \param grad_norm  () <- the gradient's norm before that
  void step(torch::Tensor& parameters, torch::Tensor& gradient, double max_grad_norm,
            torch::Tensor grad_norm);

  torch::Tensor& learning_rate() { return learning_rate_; }  // () float32
  torch::Tensor& counts() { return counts_; }                // (2) float32: taken, skipped
  torch::Tensor& arrivals() { return arrivals_; }            // () int32, for a fused step
  torch::Tensor skipped() const { return counts_[1]; }       // () float32, steps skipped so far

  /// The whole state: [learning rate, steps, skipped], first and second moments.
  torch::Tensor scalars() const;  // (3) float32
  torch::Tensor& first_moment() { return first_moment_; }
  torch::Tensor& second_moment() { return second_moment_; }
  const torch::Tensor& first_moment() const { return first_moment_; }
  const torch::Tensor& second_moment() const { return second_moment_; }
  void set_scalars(const torch::Tensor& scalars);

  /// The same in an archive, its entries beginning with `name`.
  void put(TensorArchive& archive, const std::string& name) const;
  void take(const TensorArchive& archive, const std::string& name);

 private:
  torch::Tensor first_moment_;   // (num_parameters)
  torch::Tensor second_moment_;  // (num_parameters)
  torch::Tensor learning_rate_;
  torch::Tensor counts_;  // (2): steps taken, steps skipped
  torch::Tensor arrivals_;
  torch::Tensor outcome_;  // (2): of the last step, what it adds to counts_
};

}  // namespace kennel
