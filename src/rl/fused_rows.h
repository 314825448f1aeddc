// Row-wise operations on the CPU that torch would do in several passes over memory, each in one.
// torch_ops has the operations that they stand for.
#pragma once

#include <torch/torch.h>

#include "kennel/rl/learner_ops.h"

namespace kennel {

/// out[r] <- (x[index[r]] - mean) * inv_std
/// \param x  (any, n) float32 or bfloat16, contiguous;  index (rows) int64;  out (rows, n)
void gather_scaled(const torch::Tensor& x, const torch::Tensor& index, const Scaling& scaling,
                   torch::Tensor& out);

/// bias_grad <- the sum of grad's rows; with relu, grad <- grad where y > 0, else 0, before that.
/// grad, y (rows, n); bias_grad (n)
void bias_backward_(torch::Tensor& grad, const torch::Tensor& y, bool relu,
                    torch::Tensor& bias_grad);

}  // namespace kennel
