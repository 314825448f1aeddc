// Sums over all ranks that do not depend on how many there are (kennel/lanes/exact_sums.h), for
// numbers of any scale: the largest of them says what they are rounded to.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "kennel/rl/collective.h"

namespace kennel {

/// sums over dimension 0 of x and over all ranks, float64.
/// \param x      (rows, ...) float64
/// \param count  rows of all ranks together
torch::Tensor exact_sum(const torch::Tensor& x, std::int64_t count, const Collective& all);

/// Mean and unbiased variance of all ranks' numbers, () float64 each.
struct ExactMoments {
  torch::Tensor mean, variance;
};

/// \param x      any shape, of floats
/// \param count  numbers of all ranks together, at least 2
ExactMoments exact_moments(const torch::Tensor& x, std::int64_t count, const Collective& all);

}  // namespace kennel
