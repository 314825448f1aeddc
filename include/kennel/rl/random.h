// Where the learner's random numbers come from: (seed, purpose, number), so that nothing has to be
// remembered.
#pragma once

#include <torch/types.h>

#include <cstdint>

namespace kennel {

/// Purposes that must not share random numbers.
enum class Stream : std::uint64_t {
  kInitialise = 1,
  kActionNoise = 2,
  kShuffle = 3,
  kReplay = 4,       // which rows of the past are learnt from
  kUpdateNoise = 5,  // within an update
};

/// A seed for one purpose and number of it (iteration, rank); unrelated to that of any other.
std::uint64_t stream_seed(std::uint64_t seed, Stream stream, std::uint64_t number = 0);

/// A generator of its own on the CPU, apart from torch's global one.
torch::Generator cpu_generator(std::uint64_t seed);

}  // namespace kennel
