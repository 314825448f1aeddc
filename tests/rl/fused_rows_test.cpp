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

TEST(FusedRows, GatherIsIndexSelectThenScalingWhateverTheRowsAreMadeOf) {
  torch::manual_seed(1);
  const torch::Tensor index = torch::randint(50, {33}, torch::kInt64);
  const Scaling scaling = random_scaling(19);
  for (const torch::ScalarType type : {torch::kFloat32, torch::kBFloat16}) {
    const torch::Tensor x = torch::randn({50, 19}).to(type);
    const torch::Tensor expected =
        (x.to(torch::kFloat32).index_select(0, index) - scaling.mean) * scaling.inv_std;
    torch::Tensor out = torch::full({33, 19}, NAN);
    gather(x, index, &scaling, out);
    EXPECT_TRUE(torch::equal(out, expected)) << type;
    out.fill_(NAN);
    torch_ops().gather(x, index, &scaling, out);
    EXPECT_TRUE(torch::allclose(out, expected, 1e-5, 1e-6)) << type;
  }
  const torch::Tensor x = torch::randn({50, 19});
  for (const LearnerOps* ops : {&cpu_ops(), &torch_ops()}) {
    torch::Tensor out = torch::full({33, 19}, NAN);
    ops->gather(x, index, nullptr, out);
    EXPECT_TRUE(torch::equal(out, x.index_select(0, index))) << ops->name;
  }
}

TEST(FusedRows, ScaleByParityIsScalingThenEvenAndOddParts) {
  torch::manual_seed(2);
  const Scaling scaling = random_scaling(6);
  const Parity parity({{1, 0, 2, 3, 5, 4}, {-1, -1, -1, 1, 1, 1}});
  for (const torch::ScalarType type : {torch::kFloat32, torch::kBFloat16}) {
    const torch::Tensor x = torch::randn({50, 6}).to(type);
    const torch::Tensor s = (x.to(torch::kFloat32) - scaling.mean) * scaling.inv_std;
    const auto of = [&](int k) { return s.select(1, k); };
    torch::Tensor out = torch::full({50, 6}, NAN);
    scale_by_parity(x, scaling, parity, out);
    EXPECT_TRUE(torch::equal(
        out, torch::stack(
                 {of(0) - of(1), of(4) + of(5), of(3), of(0) + of(1), of(4) - of(5), of(2)}, 1)))
        << type;
  }
}

TEST(FusedRows, ExchangingPartsTwiceDoubles) {
  torch::manual_seed(3);
  const torch::Tensor x = torch::randn({40, 10});
  torch::Tensor parts = x.clone();
  exchange_parts_(parts);
  const torch::Tensor u = x.narrow(1, 0, 5), v = x.narrow(1, 5, 5);
  EXPECT_TRUE(torch::equal(parts, torch::cat({u + v, u - v}, 1)));
  exchange_parts_(parts);
  EXPECT_TRUE(torch::allclose(parts, 2 * x, 1e-5, 1e-6));
}

TEST(FusedRows, SumRowsSumsTheFirstColumns) {
  const torch::Tensor x = torch::randn({40, 17});
  torch::Tensor sum = torch::full({9}, NAN);
  sum_rows(x, sum);
  EXPECT_TRUE(torch::allclose(sum, x.narrow(1, 0, 9).sum(0), 1e-5, 1e-5));
}

}  // namespace
}  // namespace kennel
