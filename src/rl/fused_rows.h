// Row-wise operations that torch would do in several passes over memory, each in one. On other
// devices than the CPU they are the torch operations they stand for, which are also what the tests
// compare them with.
#pragma once

#include <torch/torch.h>

namespace kennel {

/// out[r] <- (x[index[r]] - mean) * inv_std
/// \param x  (any, n) float32 or bfloat16;  index (rows) int64;  mean, inv_std (n);  out (rows, n)
void gather_normalised(const torch::Tensor& x, const torch::Tensor& index,
                       const torch::Tensor& mean, const torch::Tensor& inv_std, torch::Tensor& out);

/// y <- y + bias, or relu(y + bias). y (rows, n), bias (n)
void add_bias_(torch::Tensor& y, const torch::Tensor& bias, bool relu);

/// bias_grad <- the sum of grad's rows; with relu, grad <- grad where y > 0, else 0, before that.
/// grad, y (rows, n); bias_grad (n)
void bias_backward_(torch::Tensor& grad, const torch::Tensor& y, bool relu,
                    torch::Tensor& bias_grad);

}  // namespace kennel
