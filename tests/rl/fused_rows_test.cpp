// One pass over memory gives what torch's several do.
#include "src/rl/fused_rows.h"

#include <gtest/gtest.h>

#include <cmath>

namespace kennel {
namespace {

Scaling random_scaling(std::int64_t n) {
  Scaling scaling{torch::randn({n}), torch::rand({n}) + 0.5, {}};
  scaling.offset = -scaling.mean * scaling.inv_std;
  return scaling;
}

TEST(FusedRows, GatherScaledIsIndexSelectThenScalingWhateverTheRowsAreMadeOf) {
  torch::manual_seed(1);
  const torch::Tensor index = torch::randint(50, {33}, torch::kInt64);
  const Scaling scaling = random_scaling(19);
  for (const torch::ScalarType type : {torch::kFloat32, torch::kBFloat16}) {
    const torch::Tensor x = torch::randn({50, 19}).to(type);
    const torch::Tensor expected =
        (x.to(torch::kFloat32).index_select(0, index) - scaling.mean) * scaling.inv_std;
    torch::Tensor out = torch::full({33, 19}, NAN);
    gather_scaled(x, index, scaling, out);
    EXPECT_TRUE(torch::equal(out, expected)) << type;
    out.fill_(NAN);
    torch_ops().gather_scaled(x, index, scaling, out);
    EXPECT_TRUE(torch::allclose(out, expected, 1e-5, 1e-6)) << type;
  }
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

}  // namespace
}  // namespace kennel
