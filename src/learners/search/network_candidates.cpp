#include "src/learners/search/network_candidates.h"

#include <cmath>
#include <numbers>

#include "kennel/core/check.h"
#include "kennel/rl/random.h"

namespace kennel {
namespace {

constexpr double kHiddenGain = std::numbers::sqrt2;  // keeps the variance through ReLU
constexpr double kActionGain = 0.01;                 // start near the default pose

/// A layer's weight (rows, in, out) and bias (rows, 1, out) in rows of dense numbers.
struct Layer {
  torch::Tensor weight, bias;
};

Layer layer_at(const torch::Tensor& dense, std::int64_t offset, const DenseShape& shape) {
  const std::int64_t rows = dense.size(0), weights = std::int64_t{shape.in} * shape.out;
  return {dense.narrow(1, offset, weights).view({rows, shape.in, shape.out}),
          dense.narrow(1, offset + weights, shape.out).view({rows, 1, shape.out})};
}

std::int64_t numbers_of(const DenseShape& shape) {
  return (std::int64_t{shape.in} + 1) * shape.out;
}

void bend(torch::Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::kLinear:
      return;
    case Activation::kRelu:
      at::relu_(x);
      return;
    case Activation::kElu:
      at::elu_(x);
      return;
    case Activation::kTanh:
      at::tanh_(x);
      return;
  }
}

}  // namespace

MlpShape candidate_shape(const SearchConfig& config, int obs_size, int action_size) {
  return mlp_shape(obs_size, config.hidden, action_size, parse_activation(config.activation),
                   Activation::kLinear);
}

NetworkCandidates::NetworkCandidates(const EnvSpec& spec, const SearchConfig& config,
                                     const Mirrors* mirrors)
    : shape_(candidate_shape(config, spec.obs_size, spec.action_size)),
      symmetric_(mirrors != nullptr) {
  if (!symmetric_) return;
  check_mirror(mirrors->obs, spec.obs_size, "obs");
  check_mirror(mirrors->action, spec.action_size, "action");
  for (std::size_t k = 0; k < shape_.size(); ++k)  // hidden units are pairs that the mirror swaps
    tying_.add_dense(k == 0 ? mirrors->obs : swap_mirror(shape_[k].in),
                     k + 1 == shape_.size() ? mirrors->action : swap_mirror(shape_[k].out));
  tying_.build(torch::kCPU);
}

torch::Tensor NetworkCandidates::start(std::uint64_t seed) const {
  if (shape_.size() == 1) return torch::zeros({num_parameters()}, torch::kFloat64);
  torch::Generator generator = cpu_generator(stream_seed(seed, Stream::kInitialise));
  torch::Tensor dense = torch::zeros({1, num_dense()});
  std::int64_t offset = 0;
  for (std::size_t k = 0; k < shape_.size(); offset += numbers_of(shape_[k++]))
    orthogonal_(layer_at(dense, offset, shape_[k]).weight[0],
                k + 1 < shape_.size() ? kHiddenGain : kActionGain, generator);
  return (symmetric_ ? tying_.project(dense[0]) : dense[0]).to(torch::kFloat64);
}

torch::Tensor NetworkCandidates::folded(const torch::Tensor& parameters, const torch::Tensor& mean,
                                        const torch::Tensor& inv_std) const {
  torch::Tensor dense = torch::empty({parameters.size(0), num_dense()}, torch::kFloat64);
  if (symmetric_) {
    tying_.expand(parameters, dense);
  } else {
    dense.copy_(parameters);
  }
  const auto host = [](const torch::Tensor& x) {
    return x.to(torch::kCPU, torch::kFloat64).view({1, -1, 1});
  };
  // x' W + b with x' = (x - mean) inv_std:  W <- diag(inv_std) W,  then  b <- b - mean W
  Layer first = layer_at(dense, 0, shape_.front());
  first.weight.mul_(host(inv_std));
  first.bias.sub_((first.weight * host(mean)).sum(1, /*keepdim=*/true));
  return dense;
}

void NetworkCandidates::act(std::int64_t /*first*/, const torch::Tensor& policies,
                            const torch::Tensor& obs, torch::Tensor& action) {
  torch::Tensor x = obs;
  std::int64_t offset = 0;
  for (std::size_t k = 0; k < shape_.size(); offset += numbers_of(shape_[k++])) {
    const Layer layer = layer_at(policies, offset, shape_[k]);
    const bool last = k + 1 == shape_.size();
    torch::Tensor y =
        last ? action : torch::empty({x.size(0), x.size(1), shape_[k].out}, action.options());
    at::baddbmm_out(y, layer.bias.expand_as(y), x, layer.weight);
    bend(y, shape_[k].activation);
    x = y;
  }
}

PolicyNetwork NetworkCandidates::deployed(const torch::Tensor& dense) const {
  const torch::Tensor numbers = dense.to(torch::kFloat32).contiguous().view({-1});
  const float* at = numbers.const_data_ptr<float>();
  PolicyNetwork network;
  for (const DenseShape& shape : shape_) {
    DenseLayer layer{shape.in, shape.out, {}, {}, activation_name(shape.activation)};
    const float* bias = at + std::int64_t{shape.in} * shape.out;
    layer.weights.assign(at, bias);
    layer.bias.assign(bias, bias + shape.out);
    at = bias + shape.out;
    network.layers.push_back(std::move(layer));
  }
  return network;
}

std::string NetworkCandidates::description() const {
  if (shape_.size() == 1) return "linear policy";
  std::string out = "policy of ";
  for (std::size_t k = 0; k + 1 < shape_.size(); ++k)
    out += text(k == 0 ? "" : ", ", shape_[k].out);
  return out + text(' ', activation_name(shape_.front().activation), " units");
}

}  // namespace kennel
