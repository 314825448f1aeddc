// A layer's passes on the CPU, as LearnerOps has them.
#pragma once

#include <torch/types.h>

#include "kennel/rl/mlp.h"

namespace kennel::cpu {

void dense_forward(const Dense& layer, const torch::Tensor& x, torch::Tensor& y);

void activation_backward(const Dense& layer, const torch::Tensor& y, torch::Tensor& grad,
                         torch::Tensor& bias_grad);

void weight_gradient(const Dense& layer, const torch::Tensor& x, const torch::Tensor& grad,
                     torch::Tensor& weight_grad);

void input_gradient(const Dense& layer, const torch::Tensor& grad, const Dense& below,
                    const torch::Tensor& x, torch::Tensor& x_grad, torch::Tensor& bias_grad);

}  // namespace kennel::cpu
