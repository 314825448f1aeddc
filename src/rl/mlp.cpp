#include "kennel/rl/mlp.h"

#include <algorithm>
#include <cstddef>
#include <limits>

#include "kennel/core/assert.h"
#include "kennel/core/check.h"
#include "kennel/rl/learner_ops.h"

namespace kennel {
namespace {

// As for lane code's workspaces: what is read before it was written shows.
void fill_with_nan(std::vector<torch::Tensor>& workspace) {
  if constexpr (kAssertions)
    for (torch::Tensor& t : workspace) t.fill_(std::numeric_limits<float>::quiet_NaN());
}

}  // namespace

Activation parse_activation(std::string_view name) {
  if (name.empty()) return Activation::kLinear;
  if (name == "relu") return Activation::kRelu;
  if (name == "elu") return Activation::kElu;
  if (name == "tanh") return Activation::kTanh;
  fail("activation \"", name, "\" is unknown; expected relu, elu, tanh or \"\" (linear)");
}

std::string activation_name(Activation activation) {
  switch (activation) {
    case Activation::kLinear:
      return "";
    case Activation::kRelu:
      return "relu";
    case Activation::kElu:
      return "elu";
    case Activation::kTanh:
      return "tanh";
  }
  fail("an activation that does not exist");
}

MlpShape mlp_shape(int in, const std::vector<int>& hidden, int out, Activation hidden_activation,
                   Activation output_activation) {
  MlpShape shape;
  for (const int units : hidden) {
    shape.push_back({in, units, hidden_activation});
    in = units;
  }
  shape.push_back({in, out, output_activation});
  return shape;
}

MlpShape by_parity(MlpShape shape, int even_in) {
  for (std::size_t k = 0; k + 1 < shape.size(); ++k)
    shape[k].even_in = k == 0 ? even_in : shape[k].in / 2;
  return shape;
}

std::int64_t num_parameters(const MlpShape& shape) {
  std::int64_t count = 0;
  for (const DenseShape& layer : shape) {
    count += static_cast<std::int64_t>(layer.in + 1) * layer.columns();
  }
  return count;
}

NetworkFlop flop_of_row(const MlpShape& shape) {
  NetworkFlop flop;
  for (std::size_t k = 0; k < shape.size(); ++k) {
    const std::int64_t product = 2 * static_cast<std::int64_t>(shape[k].in) * shape[k].columns();
    flop.forward += product;
    flop.backward += k == 0 ? product : 2 * product;  // no gradient of observations
  }
  return flop;
}

std::vector<Dense> dense_views(const torch::Tensor& flat, std::int64_t offset,
                               const MlpShape& shape) {
  std::vector<Dense> layers;
  for (const DenseShape& layer : shape) {
    const int columns = layer.columns();
    const std::int64_t weights = static_cast<std::int64_t>(layer.in) * columns;
    layers.push_back({flat.narrow(0, offset, weights).view({layer.in, columns}),
                      flat.narrow(0, offset + weights, columns),
                      layer.activation,
                      {},
                      layer.even_in});
    offset += weights + columns;
  }
  return layers;
}

void refresh_transposed(std::vector<Dense>& layers) {
  for (Dense& layer : layers) {
    if (!layer.transposed.defined())
      layer.transposed =
          torch::empty({layer.weight.size(1), layer.weight.size(0)}, layer.weight.options());
    layer.transposed.copy_(layer.weight.t());
  }
}

MlpWorkspace::MlpWorkspace(const MlpShape& shape, torch::Device device, Passes passes) {
  for (const DenseShape& layer : shape) {
    output.push_back(torch::empty({0, layer.out}, device));
    if (passes == Passes::kForwardAndBackward) grad.push_back(torch::empty({0, layer.out}, device));
  }
}

void MlpWorkspace::resize(std::int64_t rows) {
  if (output.front().size(0) == rows) return;
  for (torch::Tensor& t : output) t.resize_({rows, t.size(1)});
  for (torch::Tensor& t : grad) t.resize_({rows, t.size(1)});
  fill_with_nan(output);
  fill_with_nan(grad);
}

const torch::Tensor& forward(const LearnerOps& ops, const std::vector<Dense>& layers,
                             const torch::Tensor& x, MlpWorkspace& workspace) {
  KENNEL_ASSERT(layers.size() == workspace.output.size());
  KENNEL_ASSERT(x.size(1) == layers.front().weight.size(0));
  KENNEL_ASSERT(x.size(0) == workspace.output.front().size(0));
  const torch::Tensor* input = &x;
  for (std::size_t k = 0; k < layers.size(); ++k) {
    torch::Tensor& y = workspace.output[k];
    ops.dense_forward(layers[k], *input, y);
    input = &y;
  }
  return workspace.output.back();
}

void backward(const LearnerOps& ops, const std::vector<Dense>& layers, const torch::Tensor& x,
              MlpWorkspace& workspace, std::vector<Dense>& gradient) {
  KENNEL_ASSERT(gradient.size() == layers.size());
  KENNEL_ASSERT(x.size(0) == workspace.grad.front().size(0));
  std::size_t k = layers.size() - 1;
  ops.activation_backward(layers[k], workspace.output[k], workspace.grad[k], gradient[k].bias);
  for (; k > 0; --k) {
    const torch::Tensor& input = workspace.output[k - 1];
    ops.weight_gradient(layers[k], input, workspace.grad[k], gradient[k].weight);
    ops.input_gradient(layers[k], workspace.grad[k], layers[k - 1], input, workspace.grad[k - 1],
                       gradient[k - 1].bias);
  }
  ops.weight_gradient(layers[0], x, workspace.grad[0], gradient[0].weight);
}

void orthogonal_(torch::Tensor weight, double gain, torch::Generator generator) {
  const std::int64_t rows = weight.size(0);
  const std::int64_t columns = weight.size(1);
  const auto options = torch::TensorOptions().dtype(torch::kFloat64);
  const torch::Tensor gaussian =
      torch::randn({std::max(rows, columns), std::min(rows, columns)}, generator, options);
  auto [q, r] = torch::linalg_qr(gaussian);
  // The signs of R's diagonal make Q uniform over orthogonal matrices (Mezzadri 2007).
  q = q * r.diagonal().sign();
  weight.copy_((rows < columns ? q.t() : q) * gain);
}

}  // namespace kennel
