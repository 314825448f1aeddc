// Random numbers and orders by key, on the host: each row's follow from the key and its own number
// alone, so that threads, devices and shares of a batch do not matter.
#pragma once

#include <torch/torch.h>

#include <cstdint>

namespace kennel {

/// noise[env] (rows, n) float32 <- standard normal numbers of environment first_env + env at a
/// control step of the run; CPU, contiguous.
void keyed_noise(std::uint64_t key, std::int64_t first_env, std::int64_t step,
                 const torch::Tensor& noise);

/// order (rows) int64 <- a permutation of the rows, of its own for each step and epoch; CPU,
/// contiguous.
/// \throws Error when there are 2^32 rows or more
void keyed_order(std::uint64_t key, std::int64_t step, int epoch, const torch::Tensor& order);

}  // namespace kennel
