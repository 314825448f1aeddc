// A trained policy as plain numbers: what the exporters write and the judge runs. No tensors here.
#pragma once

#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kennel/core/check.h"
#include "kennel/policy/gait_policy.h"

namespace kennel {

/// One dense layer, y = activation(x W + b).
struct DenseLayer {
  int in = 0;
  int out = 0;
  std::vector<float>
      weights;  // (in, out) row-major: `in` rows of `out` numbers, as the robot's file has them
  std::vector<float> bias;  // (out)
  std::string activation;   // tanh, relu, elu (alpha = 1), sigmoid, softmax, or "" for linear
};

/// Dense layers in the order they run, or a gait in their place. The first layer takes the raw
/// observation: normalisation is folded into it.
struct PolicyNetwork {
  std::vector<DenseLayer> layers;
  std::optional<GaitPolicy> gait{};  // where it is there, there are no layers

  int input_size() const {
    if (gait) return gait->contract.obs_size;
    return layers.empty() ? 0 : layers.front().in;
  }
  int output_size() const {
    if (gait) return kNumJoints;
    return layers.empty() ? 0 : layers.back().out;
  }
};

/// The policy that follows a gait.
/// \param numbers  (12) of gait::kTerms, in their order and units
template <class Number>
PolicyNetwork gait_network(const GaitContract& contract, std::span<const Number> numbers) {
  GaitPolicy policy{contract, {}};
  for (int i = 0; i < gait::kNumNumbers; ++i) policy.number[i] = static_cast<float>(numbers[i]);
  return {{}, policy};
}

/// Applies the named activation to a whole layer's output.
/// \throws Error for a name the robot's loader does not know
inline void apply_activation(const std::string& name, std::span<float> x) {
  if (name.empty()) return;
  if (name == "tanh") {
    for (float& v : x) v = std::tanh(v);
  } else if (name == "relu") {
    for (float& v : x) v = v <= 0.0f ? 0.0f : v;  // NaN stays NaN
  } else if (name == "elu") {
    for (float& v : x) v = v > 0.0f ? v : std::expm1(v);
  } else if (name == "sigmoid") {
    for (float& v : x) v = 1.0f / (1.0f + std::exp(-v));
  } else if (name == "softmax") {
    float largest = x.empty() ? 0.0f : x[0];
    for (const float v : x) largest = v > largest ? v : largest;
    float sum = 0.0f;
    for (float& v : x) sum += (v = std::exp(v - largest));
    for (float& v : x) v /= sum;
  } else {
    fail("activation \"", name,
         "\" is unknown; expected tanh, relu, elu, sigmoid, softmax or \"\" (linear)");
  }
}

/// The policy's output for one observation, computed in float like the robot does: a gait's is its
/// first after a reset.
/// \throws Error when `input` has another size than the policy takes
inline std::vector<float> forward(const PolicyNetwork& network, std::span<const float> input) {
  KENNEL_CHECK(static_cast<int>(input.size()) == network.input_size(), "the policy takes ",
               network.input_size(), " numbers, got ", input.size());
  if (network.gait) {
    std::vector<float> action(kNumJoints);
    float cycle = 0.0f;
    act(*network.gait, input, cycle, action);
    return action;
  }
  std::vector<float> x(input.begin(), input.end());
  for (const DenseLayer& layer : network.layers) {
    std::vector<float> y = layer.bias;
    for (int row = 0; row < layer.in; ++row) {
      const float* weights = layer.weights.data() + static_cast<std::size_t>(row) * layer.out;
      for (int column = 0; column < layer.out; ++column) y[column] += x[row] * weights[column];
    }
    apply_activation(layer.activation, y);
    x = std::move(y);
  }
  return x;
}

}  // namespace kennel
