// Adam (Kingma, Ba 2015, algorithm 1), upwards and in double: for a few parameters.
#pragma once

#include <torch/types.h>

namespace kennel {

/// How long Adam's means remember.
struct AdamBetas {
  double first = 0.9, second = 0.999;
};

/// Means of the gradient and of its square, (n) float64 on the CPU.
struct AdamMoments {
  torch::Tensor first, second;

  explicit AdamMoments(const torch::Tensor& like)
      : first(torch::zeros_like(like)), second(torch::zeros_like(like)) {}
};

/// What to add to the parameters, (n); the moments take the gradient in.
/// \param gradient  (n) float64 on the CPU
/// \param left  the products of all betas so far, this step's included: what the moments still lack
/// of their first zeros
inline torch::Tensor adam_step(const torch::Tensor& gradient, double learning_rate,
                               const AdamBetas& betas, const AdamBetas& left,
                               AdamMoments& moments) {
  constexpr double kEpsilon = 1e-8;
  moments.first = betas.first * moments.first + (1 - betas.first) * gradient;
  moments.second = betas.second * moments.second + (1 - betas.second) * gradient * gradient;
  const torch::Tensor m = moments.first / (1 - left.first);
  const torch::Tensor v = moments.second / (1 - left.second);
  return learning_rate * m / (v.sqrt() + kEpsilon);
}

}  // namespace kennel
