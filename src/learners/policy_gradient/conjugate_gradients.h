// Linear equations whose matrix is only ever multiplied by (Hestenes & Stiefel 1952).
//
//   A x = b, A symmetric and positive definite;  x = 0, r = p = b
//   alpha = r'r / p'A p,  x += alpha p
//   r_new = r - alpha A p,  p = r_new + (r_new'r_new / r'r) p
#pragma once

#include <torch/types.h>

#include <functional>

namespace kennel {

/// (n) -> A times it, (n)
using Multiply = std::function<torch::Tensor(const torch::Tensor&)>;

/// x (n) after so many steps, of the type of b (n), where b is. Exact after n steps but for
/// roundings. Steps after the residual's norm is below tolerance |b| change nothing; nothing waits
/// for the device.
torch::Tensor conjugate_gradients(const Multiply& multiply, const torch::Tensor& b, int steps,
                                  double tolerance = 1e-5);

}  // namespace kennel
