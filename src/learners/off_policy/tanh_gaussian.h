// A Gaussian squeezed into (-1, 1), and the gradient through what is drawn from it.
//
//   u = mu + sigma eps,  a = tanh(u),  eps ~ N(0, 1)
//   log pi(a) = sum_k  -eps_k^2 / 2 - log sigma_k - log(2 pi) / 2 - log(1 - a_k^2)
//
// Haarnoja et al. 2018, arXiv 1812.05905, appendix C (eq. 26). A network says mu and a number x for
// each action; log sigma = low + (high - low) (1 + tanh x) / 2 stays within its bounds smoothly.
#pragma once

#include <torch/types.h>

namespace kennel {

/// Bounds of log sigma.
struct LogStdBounds {
  double low = -5.0, high = 0.0;
};

/// Drawn actions; all (rows, action_size) but log_prob.
struct TanhSample {
  torch::Tensor action;    // within [-1, 1]
  torch::Tensor log_prob;  // (rows), of the action's density
  torch::Tensor std;       // sigma
  torch::Tensor bend;      // tanh x: how log sigma follows the network's number
};

/// \param output  (rows, 2 action_size): mu, then x
/// \param eps     (rows, action_size), standard normal
TanhSample tanh_sample(const torch::Tensor& output, const torch::Tensor& eps,
                       const LogStdBounds& bounds);

/// The gradient by `output`, (rows, 2 action_size), of a loss that depends on the actions and their
/// log-probabilities, eps being held.
/// \param by_action    (rows, action_size)
/// \param by_log_prob  () or (rows, 1)
torch::Tensor tanh_sample_gradient(const TanhSample& sample, const torch::Tensor& eps,
                                   const torch::Tensor& by_action, const torch::Tensor& by_log_prob,
                                   const LogStdBounds& bounds);

}  // namespace kennel
