// Operations are counted as they are done.
#include "kennel/rl/flop.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

#include "kennel/rl/mlp.h"
#include "kennel/rl/worker_pool.h"
#include "tests/rl/counting_ops.h"

namespace kennel {
namespace {

constexpr Activation kRelu = Activation::kRelu, kLinear = Activation::kLinear;

TEST(Flop, OfANetworkIsAsWrittenOutByHand) {
  // 3 -> 4 -> 2: products of 12 and 8 weights; backward both again, and the hidden layer's 8.
  const NetworkFlop flop = flop_of_row(mlp_shape(3, {4}, 2, kRelu, kLinear));
  EXPECT_EQ(flop.forward, 2 * (12 + 8));
  EXPECT_EQ(flop.backward, 2 * (12 + 8 + 8));
}

TEST(Flop, ByParityIsHalfInHiddenLayers) {
  const MlpShape plain = mlp_shape(36, {64, 32}, 12, kRelu, kLinear);
  const NetworkFlop flop = flop_of_row(by_parity(plain, 20));
  EXPECT_EQ(flop.forward, 36 * 64 + 64 * 32 + 2 * 32 * 12);
  EXPECT_EQ(flop.backward, 36 * 64 + 2 * 64 * 32 + 4 * 32 * 12);
}

TEST(Flop, AreThoseThatAPassDoes) {
  constexpr std::int64_t kRows = 7;
  const MlpShape plain = mlp_shape(36, {64, 32}, 12, kRelu, kLinear);
  for (const MlpShape& shape : {plain, by_parity(plain, 20)}) {
    const torch::Tensor weights = torch::zeros({num_parameters(shape)});
    const torch::Tensor gradients = torch::zeros_like(weights);
    std::vector<Dense> layers = dense_views(weights, 0, shape);
    std::vector<Dense> gradient = dense_views(gradients, 0, shape);
    refresh_transposed(layers);
    MlpWorkspace workspace(shape, torch::kCPU, Passes::kForwardAndBackward);
    workspace.resize(kRows);
    const torch::Tensor x = torch::zeros({kRows, 36});
    const LearnerOps ops = counting_ops();
    counted = 0;
    forward(ops, layers, x, workspace);
    EXPECT_EQ(counted, kRows * flop_of_row(shape).forward);
    counted = 0;
    workspace.grad.back().zero_();
    backward(ops, layers, x, workspace, gradient);
    EXPECT_EQ(counted, kRows * flop_of_row(shape).backward);
  }
}

TEST(Flop, OfALearnerAreThoseOfAllItsPasses) {
  const LearnerFlop flop{{10, 20}, {3, 7}, 5};
  EXPECT_EQ(flop.policy(), 13);
  EXPECT_EQ(flop.update_forward(), 65);
  EXPECT_EQ(flop.update_backward(), 135);
  EXPECT_EQ(flop.update(), 200);
  EXPECT_TRUE(flop.known());
  EXPECT_FALSE(LearnerFlop{}.known());
}

// A product of matrices that fit the cache comes near it, and nothing beyond it.
TEST(PeakFlop, IsMoreThanAProductReaches) {
  const torch::NoGradGuard no_grad;
  WorkerPool one(1);
  const torch::Tensor a = torch::rand({256, 256}), b = torch::rand({256, 256});
  torch::Tensor c = torch::empty({256, 256});
  double peak = 0, reached = 0;
  for (int repeat = 0; repeat < 10; ++repeat) {
    peak = std::max(peak, peak_flop_per_s(one));
    const auto start = std::chrono::steady_clock::now();
    at::mm_out(c, a, b);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    reached = std::max(reached, 2.0 * 256 * 256 * 256 / seconds.count());
  }
  EXPECT_GT(peak, 0.8 * reached);  // other programs slow down one or the other
  EXPECT_LT(peak, 1e12);           // two 512-bit units at 8 GHz
}

}  // namespace
}  // namespace kennel
