// Tensors to test arithmetic on, and how far two lie apart.
#pragma once

#include <torch/types.h>

#include <cstdint>

#include "kennel/rl/random.h"

namespace kennel {

/// Standard normal; a seed's are always the same.
inline torch::Tensor noise(std::uint64_t seed, torch::IntArrayRef sizes,
                           torch::ScalarType type = torch::kFloat32) {
  return torch::randn(sizes, cpu_generator(seed), torch::kFloat64).to(type);
}

inline double largest_gap(const torch::Tensor& a, const torch::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

}  // namespace kennel
