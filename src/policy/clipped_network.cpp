#include "kennel/policy/clipped_network.h"

#include <cstddef>
#include <string>
#include <utility>

namespace kennel {
namespace {

bool stays_within(const std::string& activation, const Range& bounds) {
  const auto within = [&](float low, float high) {
    return bounds.low <= low && high <= bounds.high;
  };
  if (activation == "tanh") return within(-1.0f, 1.0f);
  if (activation == "sigmoid" || activation == "softmax") return within(0.0f, 1.0f);
  return false;
}

/// y -> (max(y - low, 0), max(y - high, 0))
DenseLayer overshoots(int size, const Range& bounds) {
  const auto n = static_cast<std::size_t>(size);
  DenseLayer layer{size, 2 * size, std::vector<float>(n * 2 * n), std::vector<float>(2 * n),
                   "relu"};
  for (std::size_t i = 0; i < n; ++i) {
    layer.weights[i * 2 * n + i] = layer.weights[i * 2 * n + n + i] = 1.0f;
    layer.bias[i] = -bounds.low;
    layer.bias[n + i] = -bounds.high;
  }
  return layer;
}

/// (a, b) -> a - b + low
DenseLayer difference(int size, const Range& bounds) {
  const auto n = static_cast<std::size_t>(size);
  DenseLayer layer{2 * size, size, std::vector<float>(2 * n * n), std::vector<float>(n, bounds.low),
                   ""};
  for (std::size_t i = 0; i < n; ++i) {
    layer.weights[i * n + i] = 1.0f;
    layer.weights[(n + i) * n + i] = -1.0f;
  }
  return layer;
}

}  // namespace

PolicyNetwork clipped(PolicyNetwork network, const Range& bounds) {
  if (network.layers.empty() || stays_within(network.layers.back().activation, bounds))
    return network;
  const int size = network.output_size();
  network.layers.push_back(overshoots(size, bounds));
  network.layers.push_back(difference(size, bounds));
  return network;
}

}  // namespace kennel
