// RMSProp (Tieleman & Hinton 2012) as A3C has it: arXiv 1602.01783, equations 8 and 9.
//
//   v <- decay v + (1 - decay) g^2
//   theta <- theta - learning_rate g / sqrt(v + epsilon)
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>

#include "kennel/rl/tensor_archive.h"

namespace kennel {

struct RmsPropConfig {
  float learning_rate = 7e-4f;
  float decay = 0.99f;
  float epsilon = 1e-5f;
  float max_grad_norm = 0.5f;
};

/// On one flat parameter vector; the gradient's norm is clipped first. Skips a gradient that is not
/// finite.
class RmsProp {
 public:
  RmsProp(std::int64_t num_parameters, const RmsPropConfig& config, torch::Device device);

  /// \param gradient   (num_parameters), downwards
  /// \return the gradient's norm before it is clipped, ()
  torch::Tensor step(torch::Tensor& parameters, const torch::Tensor& gradient);

  torch::Tensor skipped() const { return skipped_; }  // () float32, steps skipped so far

  void put(TensorArchive& archive, const std::string& name) const;
  void take(const TensorArchive& archive, const std::string& name);

 private:
  RmsPropConfig config_;
  torch::Tensor square_;   // (num_parameters), v
  torch::Tensor skipped_;  // ()
};

}  // namespace kennel
