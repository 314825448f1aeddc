// Where the learner's random numbers come from: (seed, purpose, iteration), so that nothing has to
// be remembered.
#pragma once

#include <torch/torch.h>

#include <cstdint>

namespace kennel {

/// Purposes that must not share random numbers.
enum class Stream : std::uint64_t { kInitialise = 1, kActionNoise = 2, kShuffle = 3 };

/// A seed for one purpose and iteration; unrelated to that of any other.
std::uint64_t stream_seed(std::uint64_t seed, Stream stream, std::uint64_t iteration = 0);

/// A generator of its own on the CPU, apart from torch's global one.
torch::Generator cpu_generator(std::uint64_t seed);

/// The same on any device; on the CPU its numbers are those of `cpu_generator`.
torch::Generator device_generator(std::uint64_t seed, torch::Device device);

}  // namespace kennel
