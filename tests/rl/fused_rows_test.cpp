// One pass over memory gives what torch's several do.
#include "src/rl/fused_rows.h"

#include <gtest/gtest.h>

#include <cmath>

namespace kennel {
namespace {

TEST(FusedRows, GatherNormalisedIsIndexSelectThenScaling) {
  torch::manual_seed(1);
  const torch::Tensor x = torch::randn({50, 19});
  const torch::Tensor index = torch::randint(50, {33}, torch::kInt64);
  const torch::Tensor mean = torch::randn({19});
  const torch::Tensor inv_std = torch::rand({19}) + 0.5;
  torch::Tensor out = torch::full({33, 19}, NAN);
  gather_normalised(x, index, mean, inv_std, out);
  EXPECT_TRUE(torch::allclose(out, (x.index_select(0, index) - mean) * inv_std, 1e-6, 1e-6));
}

TEST(FusedRows, GatherNormalisedTakesBFloat16Rows) {
  torch::manual_seed(1);
  const torch::Tensor x = torch::randn({50, 19}).to(torch::kBFloat16);
  const torch::Tensor index = torch::randint(50, {33}, torch::kInt64);
  const torch::Tensor mean = torch::randn({19}), inv_std = torch::rand({19}) + 0.5;
  torch::Tensor out = torch::full({33, 19}, NAN), expected = torch::full({33, 19}, NAN);
  gather_normalised(x, index, mean, inv_std, out);
  gather_normalised(x.to(torch::kFloat32), index, mean, inv_std, expected);
  EXPECT_TRUE(torch::allclose(out, expected, 1e-6, 1e-6));
}

TEST(FusedRows, AddBiasIsAdditionAndReluOnTop) {
  torch::manual_seed(2);
  const torch::Tensor x = torch::randn({21, 13});
  const torch::Tensor bias = torch::randn({13});
  torch::Tensor plain = x.clone();
  add_bias_(plain, bias, false);
  EXPECT_TRUE(torch::equal(plain, x + bias));
  torch::Tensor rectified = x.clone();
  add_bias_(rectified, bias, true);
  EXPECT_TRUE(torch::equal(rectified, torch::relu(x + bias)));
}

TEST(FusedRows, NanPassesThroughReluAsItDoesInTorch) {
  torch::Tensor y = torch::full({1, 2}, NAN);
  add_bias_(y, torch::zeros({2}), true);
  EXPECT_TRUE(y.isnan().all().item<bool>());
}

TEST(FusedRows, BiasBackwardMasksAndSums) {
  torch::manual_seed(3);
  const torch::Tensor gradient = torch::randn({40, 17});
  const torch::Tensor y = torch::relu(torch::randn({40, 17}));
  torch::Tensor sum = torch::full({17}, NAN);
  torch::Tensor grad = gradient.clone();
  bias_backward_(grad, y, true, sum);
  const torch::Tensor masked = torch::where(y > 0, gradient, torch::zeros_like(gradient));
  EXPECT_TRUE(torch::equal(grad, masked));
  EXPECT_TRUE(torch::allclose(sum, masked.sum(0), 1e-5, 1e-5));
  grad = gradient.clone();
  bias_backward_(grad, y, false, sum);
  EXPECT_TRUE(torch::equal(grad, gradient));
  EXPECT_TRUE(torch::allclose(sum, gradient.sum(0), 1e-5, 1e-5));
}

// Anything but float32 on the CPU goes through torch, as other devices do.
TEST(FusedRows, OtherTensorsTakeTorchsOwnOperationsToTheSameResult) {
  torch::manual_seed(4);
  const torch::Tensor x = torch::randn({20, 9});
  const torch::Tensor index = torch::randint(20, {15}, torch::kInt64);
  const torch::Tensor bias = torch::randn({9});
  torch::Tensor fast = torch::empty({15, 9}), slow = torch::empty({15, 9}, torch::kFloat64);
  gather_normalised(x, index, bias, bias, fast);
  gather_normalised(x.to(torch::kFloat64), index, bias.to(torch::kFloat64),
                    bias.to(torch::kFloat64), slow);
  EXPECT_TRUE(torch::allclose(slow.to(torch::kFloat32), fast, 1e-5, 1e-6));
  add_bias_(fast, bias, true);
  add_bias_(slow, bias.to(torch::kFloat64), true);
  EXPECT_TRUE(torch::allclose(slow.to(torch::kFloat32), fast, 1e-5, 1e-6));
  torch::Tensor fast_grad = torch::randn({15, 9}), fast_sum = torch::empty({9});
  torch::Tensor slow_grad = fast_grad.to(torch::kFloat64);
  torch::Tensor slow_sum = torch::empty({9}, torch::kFloat64);
  bias_backward_(fast_grad, fast, true, fast_sum);
  bias_backward_(slow_grad, slow, true, slow_sum);
  EXPECT_TRUE(torch::allclose(slow_grad.to(torch::kFloat32), fast_grad));
  EXPECT_TRUE(torch::allclose(slow_sum.to(torch::kFloat32), fast_sum, 1e-5, 1e-5));
}

}  // namespace
}  // namespace kennel
