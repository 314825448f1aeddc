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
  float decay = 0.99f;
  float epsilon = 1e-5f;
  float max_grad_norm = 0.5f;
};

/// On one flat parameter vector; the gradient's norm is clipped first. Skips a gradient that is not
/// finite. The mean of squares is divided by the weight it has gathered, as Adam's is: from zero
/// alone the first steps are ten times too long.
class RmsProp {
 public:
  /// \param learning_rates  (num_parameters), each parameter's
  RmsProp(const torch::Tensor& learning_rates, const RmsPropConfig& config);

  /// \param gradient   (num_parameters), downwards
  /// \return the gradient's norm before it is clipped, ()
  torch::Tensor step(torch::Tensor& parameters, const torch::Tensor& gradient);

  torch::Tensor skipped() const { return skipped_; }  // () float32, steps skipped so far

  void put(TensorArchive& archive, const std::string& name) const;
  void take(const TensorArchive& archive, const std::string& name);

 private:
  RmsPropConfig config_;
  torch::Tensor rates_;    // (num_parameters)
  torch::Tensor square_;   // (num_parameters), v
  torch::Tensor weight_;   // (), what v has gathered: 1 - decay^steps
  torch::Tensor skipped_;  // ()
};

}  // namespace kennel
