// The written-out backward pass against autograd.
#include "kennel/rl/mlp.h"

#include <gtest/gtest.h>

#include "kennel/core/check.h"
#include "kennel/rl/learner_ops.h"

namespace kennel {
namespace {

torch::Tensor activate(const torch::Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::kRelu:
      return torch::relu(x);
    case Activation::kElu:
      return torch::elu(x);
    case Activation::kTanh:
      return torch::tanh(x);
    case Activation::kLinear:
      break;
  }
  return x;
}

class MlpGradient : public testing::TestWithParam<std::tuple<Activation, const LearnerOps& (*)()>> {
};

TEST_P(MlpGradient, IsThatOfAutograd) {
  torch::manual_seed(1);
  const auto& [activation, make_ops] = GetParam();
  const LearnerOps& ops = make_ops();
  const MlpShape shape = mlp_shape(7, {16, 10}, 3, activation, Activation::kTanh);
  torch::Tensor flat = torch::randn({num_parameters(shape)}) * 0.5;
  const torch::Tensor x = torch::randn({33, 7});
  const torch::Tensor grad_output = torch::randn({33, 3});

  MlpWorkspace workspace(shape, torch::kCPU, Passes::kForwardAndBackward);
  workspace.resize(33);
  const torch::Tensor y = forward(ops, dense_views(flat, 0, shape), x, workspace).clone();
  workspace.grad.back().copy_(grad_output);
  torch::Tensor gradient = torch::full_like(flat, NAN);
  std::vector<Dense> gradient_views = dense_views(gradient, 0, shape);
  std::vector<Dense> layers = dense_views(flat, 0, shape);
  if (ops.transposed_weights) refresh_transposed(layers);
  backward(ops, layers, x, workspace, gradient_views);

  torch::Tensor leaf = flat.clone().requires_grad_();
  torch::Tensor expected = x;
  for (const Dense& layer : dense_views(leaf, 0, shape)) {
    expected = activate(expected.matmul(layer.weight) + layer.bias, layer.activation);
  }
  (expected * grad_output).sum().backward();
  EXPECT_TRUE(torch::allclose(y, expected.detach(), 1e-5, 1e-6));
  EXPECT_TRUE(torch::allclose(gradient, leaf.grad(), 1e-4, 1e-5));
}

INSTANTIATE_TEST_SUITE_P(Activations, MlpGradient,
                         testing::Combine(testing::Values(Activation::kLinear, Activation::kRelu,
                                                          Activation::kElu, Activation::kTanh),
                                          testing::Values(&cpu_ops, &torch_ops)));

TEST(Mlp, AForwardPassOwnsNoGradients) {
  const MlpShape shape = mlp_shape(7, {16}, 3, Activation::kRelu, Activation::kLinear);
  EXPECT_TRUE(MlpWorkspace(shape, torch::kCPU, Passes::kForward).grad.empty());
}

TEST(Mlp, OrthogonalWeightsHaveOrthogonalRowsOrColumnsOfTheGainsLength) {
  for (const auto& [rows, columns] : {std::pair{5, 9}, std::pair{9, 5}}) {
    const torch::Tensor w = torch::empty({rows, columns});
    orthogonal_(w, 2.0, torch::make_generator<at::CPUGeneratorImpl>(1));
    const torch::Tensor product = rows < columns ? w.matmul(w.t()) : w.t().matmul(w);
    EXPECT_TRUE(torch::allclose(product, 4 * torch::eye(5), 1e-5, 1e-5));
  }
}

TEST(Mlp, AnUnknownActivationIsRefusedByName) {
  try {
    parse_activation("swish");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("swish"), std::string::npos);
  }
}

}  // namespace
}  // namespace kennel
