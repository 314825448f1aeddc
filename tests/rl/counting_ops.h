// Operations that count their multiplications and additions.
#pragma once

#include "kennel/rl/learner_ops.h"

namespace kennel {

/// On one thread.
inline std::int64_t counted = 0;  // multiplications and additions

/// The CPU's operations, which count what their weights are multiplied by.
inline LearnerOps counting_ops() {
  LearnerOps ops = cpu_ops();
  ops.dense_forward = [](const Dense& layer, const torch::Tensor& x, torch::Tensor& y) {
    counted += 2 * x.size(0) * layer.weight.numel();
    cpu_ops().dense_forward(layer, x, y);
  };
  ops.weight_gradient = [](const Dense& layer, const torch::Tensor& x, const torch::Tensor& grad,
                           torch::Tensor& weight_grad) {
    counted += 2 * x.size(0) * layer.weight.numel();
    cpu_ops().weight_gradient(layer, x, grad, weight_grad);
  };
  ops.input_gradient = [](const Dense& layer, const torch::Tensor& grad, const Dense& below,
                          const torch::Tensor& x, torch::Tensor& x_grad, torch::Tensor& bias_grad) {
    counted += 2 * x.size(0) * layer.weight.numel();
    cpu_ops().input_gradient(layer, grad, below, x, x_grad, bias_grad);
  };
  return ops;
}

}  // namespace kennel
