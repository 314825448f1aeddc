#include "kennel/rl/random.h"

#include <ATen/CPUGeneratorImpl.h>

namespace kennel {
namespace {

// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): every input bit moves every output bit.
std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ull;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

}  // namespace

std::uint64_t stream_seed(std::uint64_t seed, Stream stream, std::uint64_t number) {
  return mix(mix(mix(seed) ^ static_cast<std::uint64_t>(stream)) ^ number);
}

torch::Generator cpu_generator(std::uint64_t seed) { return at::detail::createCPUGenerator(seed); }

}  // namespace kennel
