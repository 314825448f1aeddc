#include "kennel/rl/deployed.h"

#include <cstddef>
#include <utility>

namespace kennel {

PolicyNetwork deployed(const MlpShape& shape, const std::vector<Dense>& layers,
                       const Normaliser& obs_normaliser) {
  PolicyNetwork network;
  for (std::size_t k = 0; k < layers.size(); ++k) {
    torch::Tensor weight = layers[k].weight.to(torch::kCPU, torch::kFloat64);
    torch::Tensor bias = layers[k].bias.to(torch::kCPU, torch::kFloat64);
    if (k == 0) {
      // ((x - mean) / std) W + b = x (W / std) + (b - (mean / std) W)
      const torch::Tensor mean = obs_normaliser.mean().to(torch::kCPU, torch::kFloat64);
      const torch::Tensor inv_std = obs_normaliser.inv_std().to(torch::kCPU, torch::kFloat64);
      weight = weight * inv_std.unsqueeze(1);
      bias = bias - mean.matmul(weight);
    }
    weight = weight.to(torch::kFloat32).contiguous();
    bias = bias.to(torch::kFloat32).contiguous();
    DenseLayer layer;
    layer.in = shape[k].in;
    layer.out = shape[k].out;
    layer.weights.assign(weight.data_ptr<float>(), weight.data_ptr<float>() + weight.numel());
    layer.bias.assign(bias.data_ptr<float>(), bias.data_ptr<float>() + bias.numel());
    layer.activation = activation_name(shape[k].activation);
    network.layers.push_back(std::move(layer));
  }
  return network;
}

}  // namespace kennel
