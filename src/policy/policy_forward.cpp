#include "kennel/policy/policy_forward.h"

#include <algorithm>
#include <array>

namespace kennel::judge {
namespace {

// out = b + x W. Four inputs a pass, so that each output is loaded and stored once for four
// products; the inner loop runs over neighbouring weights and vectorises.
void dense(const DenseLayer& layer, const float* x, float* out) {
  const int n = layer.out;
  std::copy(layer.bias.begin(), layer.bias.end(), out);
  const float* row = layer.weights.data();
  int i = 0;
  for (; i + 4 <= layer.in; i += 4, row += 4 * n) {
    const float* __restrict w0 = row;
    const float* __restrict w1 = row + n;
    const float* __restrict w2 = row + 2 * n;
    const float* __restrict w3 = row + 3 * n;
    float* __restrict y = out;
    const float x0 = x[i], x1 = x[i + 1], x2 = x[i + 2], x3 = x[i + 3];
    for (int o = 0; o < n; ++o) y[o] += (x0 * w0[o] + x1 * w1[o]) + (x2 * w2[o] + x3 * w3[o]);
  }
  for (; i < layer.in; ++i, row += n) {
    for (int o = 0; o < n; ++o) out[o] += x[i] * row[o];
  }
}

}  // namespace

bool is_known_activation(const std::string& name) {
  constexpr std::array known = {"tanh", "relu", "sigmoid", "softmax", "elu", ""};
  return std::find(known.begin(), known.end(), name) != known.end();
}

PolicyForward::PolicyForward(const PolicyNetwork& network) : network_(network) {
  int widest = network.gait ? network.output_size() : 0;
  for (const DenseLayer& layer : network.layers) widest = std::max({widest, layer.in, layer.out});
  input_.resize(widest);
  output_.resize(widest);
}

std::span<const float> PolicyForward::operator()(std::span<const float> obs) {
  if (network_.gait) {
    act(*network_.gait, obs, cycle_, output_);
    return output_;
  }
  std::copy(obs.begin(), obs.end(), input_.begin());
  for (const DenseLayer& layer : network_.layers) {
    dense(layer, input_.data(), output_.data());
    apply_activation(layer.activation, {output_.data(), static_cast<std::size_t>(layer.out)});
    std::swap(input_, output_);
  }
  return {input_.data(), static_cast<std::size_t>(action_size())};
}

}  // namespace kennel::judge
